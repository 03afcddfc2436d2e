import { flood } from '../../flood/flood';

test('[fault 41: L] others chat normally during attacks of every kind, and nothing leaks', async () => {
  // Attacks are short and the machine is shared, so the promised second is checked by npm run flood. Without a fair
  // queue the p99 was 21 s.
  const { violations } = await flood({ seconds: 100, p99MaxMs: 5_000 });
  expect(violations).toEqual([]);
}, 400_000);
