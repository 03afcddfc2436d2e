import { createSerialQueue } from '../scheduling/serialQueue';
import { readConsistently } from './readConsistently';

test('[D9] a response that crossed with a membership event is discarded and read again', async () => {
  let memberships = 0;
  const guard = { enqueue: createSerialQueue(), memberships: () => memberships };
  const applied: string[] = [];
  let reads = 0;
  const read = async (): Promise<string> => {
    reads += 1;
    // The removal arrives while the first response is in flight.
    if (reads === 1) memberships += 1;
    return `answer ${reads}`;
  };
  expect(await readConsistently(guard, read, (answer) => void applied.push(answer))).toBe(
    'answer 2',
  );
  expect(applied).toEqual(['answer 2']);
});

test('[D9] a membership event that arrives while the response is queued has the same effect', async () => {
  let memberships = 0;
  const guard = { enqueue: createSerialQueue(), memberships: () => memberships };
  const applied: number[] = [];
  let reads = 0;
  const done = readConsistently(
    guard,
    () => Promise.resolve((reads += 1)),
    (answer) => void applied.push(answer),
  );
  void guard.enqueue(() => void (memberships += 1));
  await done;
  expect(applied).toEqual([2]);
});
