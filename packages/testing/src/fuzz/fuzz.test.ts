import { withSeed } from '../randomness';
import { attack } from './attack';

test('[D9] two thousand cases that nobody should ask: each is answered as declared, nothing is stored or told', async () => {
  await withSeed(async ({ seed }) => {
    const { faults, asked, answers } = await attack({ seed, count: 2_000 });
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(2_000);
    // Not all of them may end at the first check.
    expect(answers['sendMessage 201']).toBeGreaterThan(0);
    expect(answers['chat:message_send done']).toBeGreaterThan(0);
  });
});
