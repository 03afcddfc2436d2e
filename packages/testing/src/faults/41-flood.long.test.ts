import { flood } from '../flood/flood';

test('[fault 41: L] floods in every way at many times the limits: others chat on, and nothing grows', async () => {
  // All of it is the bursts at the beginning, beside whatever else the machine does: the second that people are
  // promised is for npm run flood to judge. Without turns it was 21 s.
  const { wrong } = await flood({ seconds: 25, p99MaxMs: 5_000 });
  expect(wrong).toEqual([]);
}, 180_000);
