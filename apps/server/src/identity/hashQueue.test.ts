import { createFakeClock } from '@pern/testing/fakeClock';
import { until } from '@pern/testing/until';
import { createHashQueue } from './hashQueue';

const LIMITS = { atOnce: 1, waitingOfAddressMax: 5, waitingMax: 8, waitMaxMs: 8_000 };

/** A queue whose work ends when the test says so, and the order in which work began. */
function openQueue(limits: Partial<typeof LIMITS> = {}) {
  const clock = createFakeClock();
  const queue = createHashQueue({ ...LIMITS, ...limits, clock });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (address: string): Promise<string> => {
    const outcome = queue
      .run(address, () => {
        begun.push(address);
        return new Promise<void>((resolve) => ends.push(resolve));
      })
      .then(
        () => 'done',
        (error: Error) => error.name,
      );
    return outcome;
  };
  const endOne = async (): Promise<void> => {
    const before = begun.length;
    const isLast = queue.waiting() === 0;
    ends.shift()?.();
    if (!isLast) await until('the next one has begun', () => begun.length > before);
  };
  return { clock, queue, begun, ask, endOne };
}

test('addresses take turns: one that asks five times delays another by one', async () => {
  const { begun, ask, endOne } = openQueue();
  const asked = [...Array(5).fill('flood'), 'honest', 'other'].map((address) => ask(address));
  for (let i = 0; i < asked.length; i += 1) await endOne();
  expect(await Promise.all(asked)).toEqual(Array(7).fill('done'));
  expect(begun).toEqual(['flood', 'flood', 'honest', 'other', 'flood', 'flood', 'flood']);
});

test('what waits is bounded for an address', async () => {
  const { queue, ask } = openQueue();
  const asked = Array.from({ length: 20 }, () => ask('flood'));
  expect(queue.waiting()).toBe(5);
  expect(await Promise.all(asked.slice(6))).toEqual(Array(14).fill('RateLimitError'));
});

test('a full queue makes room for an address with less in it, and for nobody else', async () => {
  const { queue, ask } = openQueue();
  const flood = Array.from({ length: 6 }, () => ask('flood'));
  const second = Array.from({ length: 3 }, () => ask('second'));
  expect(queue.waiting()).toBe(8);
  const honest = ask('honest');
  expect(queue.waiting()).toBe(8);
  expect(await flood.at(-1)).toBe('RateLimitError');
  const full = openQueue({ waitingOfAddressMax: 1, waitingMax: 2 });
  for (const address of ['a', 'b', 'c']) void full.ask(address);
  expect(await full.ask('d')).toBe('UnavailableError');
  void [second, honest];
});

test('who waited for too long is refused, and their password is never hashed', async () => {
  const { clock, queue, begun, ask, endOne } = openQueue();
  void ask('flood');
  const late = [ask('flood'), ask('honest')];
  clock.advance(LIMITS.waitMaxMs);
  expect(await Promise.all(late)).toEqual(['UnavailableError', 'UnavailableError']);
  expect(queue.waiting()).toBe(0);
  await endOne();
  const next = ask('honest');
  await endOne();
  expect(await next).toBe('done');
  expect(begun).toEqual(['flood', 'honest']);
});
