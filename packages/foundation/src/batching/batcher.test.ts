import { createBatcher } from './batcher';

const turn = (): Promise<void> => new Promise(setImmediate);

function open({ maxQueued = 100, inFlight = 1 } = {}) {
  const batches: number[][] = [];
  const waiting: (() => void)[] = [];
  const batcher = createBatcher<number, number>({
    maxBatch: 3,
    inFlight,
    maxQueued,
    overflow: () => new Error('full'),
    isRefusal: (error) => error instanceof RangeError,
    answerAll: async (requests) => {
      batches.push(requests);
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (requests.includes(-1)) throw new RangeError('refused');
      if (requests.includes(-2)) throw new Error('down');
      return requests.map((one) => (one === 0 ? new Error('zero') : one * 10));
    },
  });
  const answerOne = async (): Promise<void> => {
    waiting.shift()?.();
    await turn();
    await turn();
  };
  return { batcher, batches, answerOne };
}

test('requests that come while a batch is under way share the next one', async () => {
  const { batcher, batches, answerOne } = open();
  const first = batcher.ask(1);
  await turn();
  const others = [2, 3, 4, 5].map((one) => batcher.ask(one));
  await answerOne();
  expect(await first).toBe(10);
  await answerOne();
  await answerOne();
  expect(await Promise.all(others)).toEqual([20, 30, 40, 50]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

test('an error among the answers rejects that request alone', async () => {
  const { batcher, answerOne } = open();
  const asked = Promise.allSettled([batcher.ask(0), batcher.ask(2)]);
  await turn();
  await answerOne();
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('a refused batch is asked again one by one, so that its neighbours are answered', async () => {
  const { batcher, batches, answerOne } = open();
  const asked = Promise.allSettled([batcher.ask(1), batcher.ask(-1), batcher.ask(2)]);
  await turn();
  for (let i = 0; i < 4; i += 1) await answerOne();
  expect((await asked).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(batches).toEqual([[1, -1, 2], [1], [-1], [2]]);
});

test('any other failure rejects the whole batch once', async () => {
  const { batcher, batches, answerOne } = open();
  const asked = Promise.allSettled([batcher.ask(1), batcher.ask(-2)]);
  await turn();
  await answerOne();
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(batches).toHaveLength(1);
});

test('a request beyond the bound is refused at once', async () => {
  const { batcher, answerOne } = open({ maxQueued: 1 });
  const first = batcher.ask(1);
  await expect(batcher.ask(2)).rejects.toThrow('full');
  await turn();
  await answerOne();
  expect(await first).toBe(10);
});

test('idle resolves when the last answer is out', async () => {
  const { batcher, answerOne } = open();
  void batcher.ask(1);
  await turn();
  let idle = false;
  const waited = batcher.idle().then(() => (idle = true));
  expect(idle).toBe(false);
  await answerOne();
  await waited;
  await batcher.idle();
});
