import { durationText } from './durations';

test.each([
  [3_600, '1 hour'],
  [86_400, '1 day'],
  [604_800, '1 week'],
  [2_592_000, '30 days'],
  [60, '1 minute'],
  [5_400, '90 minutes'],
  [61, '61 seconds'],
])('%i seconds are shown as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
