import { createPair, type Pair } from './pair';
import { relayLoad } from './relayLoad';

const times = { inFlight: 2, warmUpMs: 5, windowMs: 20, settleMs: 100 };

/** A pair whose sends have the given outcome one tick later, as over a network. */
function pairOf(outcome: (n: number, pair: Pair) => void): Pair {
  const pair = createPair((n) => void setImmediate(() => outcome(n, pair)));
  return pair;
}

test('[D1] the load counts messages that were acknowledged and arrived', async () => {
  let count = 0;
  const pair = pairOf((_, { received, acknowledged }) => {
    count += 1;
    received();
    acknowledged();
  });
  const { acknowledged, perSecond } = await relayLoad([pair], times);
  expect(acknowledged).toBe(count);
  expect(perSecond).toBeGreaterThan(0);
});

test('[D1] an acknowledged message that does not arrive fails the run', async () => {
  const pair = pairOf((n, { received, acknowledged }) => {
    if (n !== 3) received();
    acknowledged();
  });
  await expect(relayLoad([pair], times)).rejects.toThrow(/sent, \d+ acknowledged, \d+ received/);
});

test('[D4] a message that arrives twice fails the run', async () => {
  const pair = pairOf((n, { received, acknowledged }) => {
    received();
    if (n === 3) received();
    acknowledged();
  });
  await expect(relayLoad([pair], times)).rejects.toThrow(/sent, \d+ acknowledged, \d+ received/);
});
