import { withSeed } from '@chasqui/testkit';
import { attack } from './attack';

test('[D9] two thousand cases that nobody should ask: each is answered as declared, nothing is stored or told', async () => {
  await withSeed(async ({ seed }) => {
    const { faults, asked, answers } = await attack({ seed, count: 2_000 });
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(2_000);
    // Not all of them may end at the first check. Which ones get through is chance.
    const through = (isDone: RegExp): number =>
      Object.entries(answers).reduce((sum, [what, n]) => (isDone.test(what) ? sum + n : sum), 0);
    expect(through(/ 2\d\d$/)).toBeGreaterThan(100);
    expect(through(/ done$/)).toBeGreaterThan(100);
  });
});
