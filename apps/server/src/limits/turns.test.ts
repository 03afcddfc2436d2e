import { createTurns } from './turns';

function works() {
  const done: string[] = [];
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    done,
    most: () => most,
    work: (name: string) => async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
      done.push(name);
    },
    async finish(count: number) {
      while (done.length < count) {
        ends.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const options = { atOnce: 2, waitingMax: 100, patienceMs: 8_000, now: () => 0 };

test('so many run at once, and turns go round the people', async () => {
  const turns = createTurns(options);
  const { work, done, most, finish } = works();
  const all = [
    ...Array.from({ length: 50 }, (_, i) => turns.take('ana', work(`ana ${i}`))),
    turns.take('ben', work('ben')),
    turns.take('cleo', work('cleo')),
  ];
  await finish(52);
  await Promise.all(all);
  expect(most()).toBe(2);
  expect(done.indexOf('ben')).toBeLessThan(6);
  expect(done.indexOf('cleo')).toBeLessThan(6);
  expect(done.filter((name) => name.startsWith('ana'))).toEqual(
    Array.from({ length: 50 }, (_, i) => `ana ${i}`),
  );
});

test('more than may wait is refused, who waited too long is told so, and a failed work frees its place', async () => {
  let now = 0;
  const turns = createTurns({ ...options, atOnce: 1, waitingMax: 2, now: () => now });
  const { work, finish } = works();
  const first = turns.take('ana', work('first'));
  const late = [turns.take('ana', work('late')), turns.take('ana', work('later'))];
  await expect(turns.take('ana', work('too many'))).rejects.toMatchObject({
    name: 'RateLimitError',
  });
  now = 9_000;
  const timely = turns.take('ben', () => Promise.reject(new Error('failed')));
  const refused = Promise.allSettled([...late, timely]);
  await finish(1);
  await first;
  expect((await refused).map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
    'UnavailableError: there was no turn in time',
    'UnavailableError: there was no turn in time',
    'Error: failed',
  ]);
  await expect(turns.take('cleo', () => Promise.resolve('done'))).resolves.toBe('done');
});
