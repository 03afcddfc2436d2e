import { withSeed } from '@chasqui/testkit';
import { runFuzz } from './runFuzz';

test('[D9] two thousand hostile requests get declared answers, store nothing else and leak nothing', async () => {
  await withSeed(async ({ seed }) => {
    const { violations, sent, answers } = await runFuzz({ seed, count: 2_000 });
    expect(violations).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(2_000);
    // Enough cases must pass validation; which ones depends on the seed.
    const succeeded = (isDone: RegExp): number =>
      Object.entries(answers).reduce((sum, [what, n]) => (isDone.test(what) ? sum + n : sum), 0);
    expect(succeeded(/ 2\d\d$/)).toBeGreaterThan(100);
    expect(succeeded(/ done$/)).toBeGreaterThan(100);
  });
});
