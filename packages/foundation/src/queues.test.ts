import { createSerialQueue } from './serialQueue';
import { createSingleFlight } from './singleFlight';

const turn = (): Promise<void> => new Promise(setImmediate);

test('a serial queue runs one task at a time, in call order, past failures', async () => {
  const queue = createSerialQueue();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await turn();
    log.push(`${name} ends`);
    if (name === 'a') throw new Error('broken');
    return name;
  };
  const [a, b] = await Promise.allSettled([queue(task('a')), queue(task('b'))]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect([a?.status, b]).toEqual(['rejected', { status: 'fulfilled', value: 'b' }]);
});

test('a hundred concurrent calls of one key cost two runs, and each caller gets a result newer than its call', async () => {
  const run = createSingleFlight();
  let version = 0;
  let read = -1;
  let runs = 0;
  const work = async (): Promise<void> => {
    runs += 1;
    const seen = version;
    await turn();
    read = seen;
  };
  const first = run('a', work);
  version = 1;
  const others = Array.from({ length: 99 }, () => run('a', work).then(() => read));
  await first;
  expect(await Promise.all(others)).toEqual(others.map(() => 1));
  expect(runs).toBe(2);
});

test('a failed run fails its own callers alone', async () => {
  const run = createSingleFlight();
  const failing = run('a', () => Promise.reject(new Error('broken')));
  const next = run('a', async () => undefined);
  await expect(failing).rejects.toThrow('broken');
  await expect(next).resolves.toBeUndefined();
});
