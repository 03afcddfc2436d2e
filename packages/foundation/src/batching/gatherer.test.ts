import { createGatherer, type GathererOptions } from './gatherer';

interface Item {
  id: string;
  version: number;
}

function open(options: Partial<GathererOptions<Item>> = {}) {
  const timers: { run: () => void; ms: number }[] = [];
  const batches: Item[][] = [];
  const errors: unknown[] = [];
  const gatherer = createGatherer<Item>({
    clock: {
      setTimeout: (run, ms) => {
        const timer = { run, ms };
        timers.push(timer);
        return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
      },
    },
    afterMs: 50,
    retryMs: 1_000,
    maxBatch: 2,
    maxKept: 4,
    key: ({ id }) => id,
    take: async (batch) => void batches.push(batch),
    onError: (error) => errors.push(error),
    ...options,
  });
  const elapse = async (): Promise<number | undefined> => {
    const timer = timers.shift();
    timer?.run();
    await new Promise(setImmediate);
    return timer?.ms;
  };
  return { gatherer, batches, errors, timers, elapse };
}

const item = (id: string, version = 1): Item => ({ id, version });

test('items of the same time share batches of a bounded size', async () => {
  const { gatherer, batches, elapse } = open();
  for (const id of ['a', 'b', 'c']) gatherer.add(item(id));
  expect(batches).toEqual([]);
  expect(await elapse()).toBe(50);
  expect(batches).toEqual([[item('a'), item('b')], [item('c')]]);
});

test('a newer item replaces the one with its key', async () => {
  const { gatherer, batches, elapse } = open();
  gatherer.add(item('a', 1));
  gatherer.add(item('a', 2));
  await elapse();
  expect(batches).toEqual([[item('a', 2)]]);
});

test('a failed batch and those behind it are tried again later, without losing a newer item', async () => {
  let fails = true;
  const taken: Item[][] = [];
  const { gatherer, errors, elapse } = open({
    take: async (batch) => {
      if (fails) {
        gatherer.add(item('a', 2));
        throw new Error('down');
      }
      taken.push(batch);
    },
  });
  for (const id of ['a', 'b', 'c']) gatherer.add(item(id));
  await elapse();
  expect(errors).toHaveLength(1);
  fails = false;
  await elapse();
  expect(taken.flat().sort((one, other) => one.id.localeCompare(other.id))).toEqual([
    item('a', 2),
    item('b'),
    item('c'),
  ]);
});

test('a failure waits for the time of retries', async () => {
  const { gatherer, timers, elapse } = open({
    take: async () => {
      throw new Error('down');
    },
  });
  gatherer.add(item('a'));
  await elapse();
  expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
});

test('what a batch returns is collected again', async () => {
  let busy = [item('a')];
  const { gatherer, elapse, timers } = open({
    take: async () => {
      const again = busy;
      busy = [];
      return again;
    },
  });
  gatherer.add(item('a'));
  await elapse();
  expect(timers).toHaveLength(1);
  await elapse();
  expect(timers).toHaveLength(0);
});

test('memory is bounded: beyond the bound a new key is dropped, a known one is replaced', async () => {
  const { gatherer, batches, elapse } = open({ maxKept: 1 });
  gatherer.add(item('a', 1));
  gatherer.add(item('b'));
  gatherer.add(item('a', 2));
  await elapse();
  expect(batches).toEqual([[item('a', 2)]]);
});

test('batches never overlap', async () => {
  let running = 0;
  let most = 0;
  const { gatherer } = open({
    take: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    },
  });
  gatherer.add(item('a'));
  const first = gatherer.flush();
  gatherer.add(item('b'));
  await Promise.all([first, gatherer.flush(), gatherer.flush()]);
  expect(most).toBe(1);
});

test('after stop only flush hands over', async () => {
  const { gatherer, batches, timers } = open();
  gatherer.add(item('a'));
  gatherer.stop();
  expect(timers).toEqual([]);
  await gatherer.flush();
  expect(batches).toEqual([[item('a')]]);
});
