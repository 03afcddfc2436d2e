import { createFairQueue, type Requester } from './fairQueue';
import { createBulkheads } from '../bulkheads';

/** Tasks that the test completes. */
function createWorks() {
  const done: string[] = [];
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    done,
    most: () => most,
    running: () => running,
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

const options = {
  ...{ concurrency: 2, waitingMaxPerUser: 100, waitingMaxPerAddress: 1_000 },
  ...{ waitMaxMs: 8_000, now: () => 0 },
};
const at = (address: string, userId: string): Requester => ({ address, userId });

test('concurrency is bounded, and free slots go to the users of an address in turn', async () => {
  const queue = createFairQueue(options);
  const { work, done, most, finish } = createWorks();
  const all = [
    ...Array.from({ length: 50 }, (_, i) => queue.run(at('here', 'ana'), work(`ana ${i}`))),
    queue.run(at('here', 'ben'), work('ben')),
    queue.run(at('here', 'cleo'), work('cleo')),
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

test('accounts behind one address wait for each other; another address waits for at most one of their tasks', async () => {
  const queue = createFairQueue(options);
  const { work, done, finish } = createWorks();
  const all = [
    ...Array.from({ length: 200 }, (_, i) => queue.run(at('there', `user ${i}`), work(`${i}`))),
    queue.run(at('here', 'ben'), work('ben 1')),
    queue.run(at('here', 'ben'), work('ben 2')),
  ];
  await finish(202);
  await Promise.all(all);
  expect(done.indexOf('ben 1')).toBeLessThan(6);
  expect(done.indexOf('ben 2')).toBeLessThan(8);
});

test('tasks beyond the maximum of a user or an address are refused', async () => {
  const queue = createFairQueue({
    ...options,
    ...{ concurrency: 1, waitingMaxPerUser: 2, waitingMaxPerAddress: 3 },
  });
  const { work, finish } = createWorks();
  const all = ['ana', 'ana', 'ana', 'ben'].map((name) => queue.run(at('here', name), work(name)));
  for (const name of ['ana', 'ben', 'cleo']) {
    await expect(queue.run(at('here', name), work(name))).rejects.toMatchObject({
      name: 'RateLimitError',
    });
  }
  all.push(queue.run(at('there', 'dora'), work('dora')));
  await finish(5);
  await Promise.all(all);
  // The refused tasks left nothing behind.
  await expect(queue.run(at('here', 'ana'), () => Promise.resolve('done'))).resolves.toBe('done');
});

test('when the queue is full, the longest queue makes room for a shorter one, and for no other', async () => {
  const queue = createFairQueue({ ...options, concurrency: 1, waitingMax: 4 });
  const { work, done, finish } = createWorks();
  const flood = Array.from({ length: 5 }, (_, i) => queue.run(at('there', `u${i}`), work(`${i}`)));
  const outcomes = Promise.allSettled(flood);
  const honest = [
    queue.run(at('here', 'ana'), work('ana')),
    queue.run(at('elsewhere', 'ben'), work('ben')),
  ];
  await expect(queue.run(at('there', 'more'), work('more'))).rejects.toMatchObject({
    name: 'UnavailableError',
  });
  await finish(5);
  await Promise.all(honest);
  const refused = (await outcomes).filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([
    { reason: { name: 'RateLimitError' } },
    { reason: { name: 'RateLimitError' } },
  ]);
  expect(done).not.toContain('more');
  // Nobody has more than one task waiting, so there is no room to make.
  const even = createFairQueue({ ...options, concurrency: 1, waitingMax: 1 });
  const all = ['a', 'b'].map((address) => even.run(at(address, 'ana'), () => Promise.resolve()));
  await expect(even.run(at('c', 'ana'), () => Promise.resolve())).rejects.toMatchObject({
    name: 'UnavailableError',
  });
  await Promise.all(all);
});

test('a task that waited too long is refused, and a failed one frees its slot', async () => {
  let now = 0;
  const queue = createFairQueue({ ...options, concurrency: 1, now: () => now });
  const { work, finish } = createWorks();
  const first = queue.run(at('here', 'ana'), work('first'));
  const late = [
    queue.run(at('here', 'ana'), work('late')),
    queue.run(at('there', 'cleo'), work('later')),
  ];
  now = 9_000;
  const timely = queue.run(at('here', 'ben'), () => Promise.reject(new Error('failed')));
  const refused = Promise.allSettled([...late, timely]);
  await finish(1);
  await first;
  expect((await refused).map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
    'UnavailableError: the server is busy; try again',
    'UnavailableError: the server is busy; try again',
    'Error: failed',
  ]);
  await expect(queue.run(at('here', 'cleo'), () => Promise.resolve('done'))).resolves.toBe('done');
});

test('searches cannot use up the slots of reads, and sends wait for neither', async () => {
  const bulkheads = createBulkheads({ places: 4, now: () => 0 });
  const { work, running, finish } = createWorks();
  const all = Array.from({ length: 100 }, (_, i) =>
    bulkheads.run('search', at('there', `user ${i}`), work(`search ${i}`)),
  );
  expect(running()).toBe(1);
  await expect(
    bulkheads.run('read', at('here', 'ana'), () => Promise.resolve('read')),
  ).resolves.toBe('read');
  all.push(
    ...[1, 2, 3, 4].map((n) => bulkheads.run('read', at('there', 'ben'), work(`read ${n}`))),
  );
  expect(running()).toBe(4);
  await expect(
    bulkheads.run('send', at('there', 'ben'), () => Promise.resolve('sent')),
  ).resolves.toBe('sent');
  await finish(104);
  await Promise.all(all);
});
