import { createTurns } from '../inTurn';
import { consistently } from './consistently';

test('[D9] an answer that crossed with the news of a membership is read again, not applied', async () => {
  let memberships = 0;
  const crossing = { inTurn: createTurns(), memberships: () => memberships };
  const applied: string[] = [];
  let reads = 0;
  const read = async (): Promise<string> => {
    reads += 1;
    // The first answer was on its way when the removal was told.
    if (reads === 1) memberships += 1;
    return `answer ${reads}`;
  };
  expect(await consistently(crossing, read, (answer) => void applied.push(answer))).toBe(
    'answer 2',
  );
  expect(applied).toEqual(['answer 2']);
});

test('[D9] the news may also come while the answer waits for its turn', async () => {
  let memberships = 0;
  const crossing = { inTurn: createTurns(), memberships: () => memberships };
  const applied: number[] = [];
  let reads = 0;
  const done = consistently(
    crossing,
    () => Promise.resolve((reads += 1)),
    (answer) => void applied.push(answer),
  );
  void crossing.inTurn(() => void (memberships += 1));
  await done;
  expect(applied).toEqual([2]);
});
