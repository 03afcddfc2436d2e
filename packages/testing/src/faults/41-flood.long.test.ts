import { flood } from '../flood/flood';

test('[fault 41: L] floods in every way at many times the limits: others chat on, and nothing grows', async () => {
  const { wrong } = await flood({ seconds: 25 });
  expect(wrong).toEqual([]);
}, 180_000);
