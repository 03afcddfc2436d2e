import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { readBacklog } from '../connection/backlog/backlog';
import { createGroup } from '../conversations/group/createGroup';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

async function connect(userId: string, deviceId: string): Promise<number> {
  const [row] = await room.rows('SELECT open_device($1, $2, $3)', userId, deviceId, randomUUID());
  return Number(row?.[0]);
}

/** Rows of the log that no cursor reaches back to. */
const oldOnes = async (userId: string): Promise<number> => {
  const [row] = await room.rows(
    `SELECT count(*) FROM changes WHERE user_id = $1 AND closed_at < now() - interval '91 days'`,
    userId,
  );
  return Number(row?.[0]);
};

test('[D4, D7] the change log ends after 91 days, but not before every device has acknowledged what it tells of', async () => {
  const [ana, ben] = await room.users('ana', 'ben');
  const { id } = await createGroup(room, ana, 'Group', [ben]);
  const [phone, laptop] = [await connect(ben, 'phone'), await connect(ben, 'laptop')];
  const read = (deviceNo: number, seq: number): Promise<void> =>
    room.acknowledge(id, ben, seq, 'delivered', deviceNo);

  for (let i = 0; i < 5; i += 1) {
    await read(phone, await room.send(id, ana));
    await connect(ben, 'phone');
  }
  await room.rows(`UPDATE changes SET closed_at = closed_at - interval '100 days'`);
  const before = await oldOnes(ben);
  expect(before).toBeGreaterThan(3);
  // The laptop has acknowledged nothing of it.
  await connect(ben, 'phone');
  expect(await oldOnes(ben)).toBe(before);

  await read(laptop, 6);
  await connect(ben, 'laptop');
  await connect(ben, 'phone');
  expect(await oldOnes(ben)).toBe(0);
});

const lines = async (userId: string): Promise<number> => {
  const [row] = await room.rows('SELECT count(*) FROM changes WHERE user_id = $1', userId);
  return Number(row?.[0]);
};
const sync = (userId: string): Promise<unknown> => room.rows('SELECT begin_sync($1)', userId);
const grownOld = (): Promise<unknown> =>
  room.rows(`UPDATE changes SET closed_at = closed_at - interval '100 days'`);

test('[D4, D12] without a device a line of each conversation is kept, and the first device misses nothing', async () => {
  const [cleo, dora] = await room.users('cleo', 'dora');
  const groups = [
    await createGroup(room, cleo, 'One', [dora]),
    await createGroup(room, cleo, 'Two', [dora]),
  ];
  for (let i = 0; i < 5; i += 1) {
    for (const { id } of groups) await room.send(id, cleo);
    await sync(dora);
  }
  expect(await lines(dora)).toBe(10);
  await grownOld();
  await sync(dora);
  expect(await lines(dora)).toBe(2);
  // Nothing is looked at again until it is old again.
  expect(await oldOnes(dora)).toBe(0);

  // What came since is not drawn together: cursors reach back to it.
  for (let i = 0; i < 3; i += 1) {
    await room.send(groups[0]?.id ?? '', cleo);
    await sync(dora);
  }
  expect(await lines(dora)).toBe(5);

  const phone = await connect(dora, 'phone');
  const backlog = await readBacklog(room.db, dora, phone);
  // From the first entry on, the one that says that the group was made.
  expect(backlog.map(({ position, lastSeq }) => [position, lastSeq])).toEqual([
    [0, 9],
    [0, 6],
  ]);
});

test('[D12] a sync prunes as well, whatever devices have not been seen for 90 days', async () => {
  const [emil, fay] = await room.users('emil', 'fay');
  const { id } = await createGroup(room, emil, 'Group', [fay]);
  const phone = await connect(fay, 'phone');
  for (let i = 0; i < 3; i += 1) {
    await room.acknowledge(id, fay, await room.send(id, emil), 'delivered', phone);
    await connect(fay, 'phone');
  }
  await connect(fay, 'phone');
  await grownOld();
  await room.rows(
    `UPDATE devices SET last_seen_at = now() - interval '100 days' WHERE user_id = $1`,
    fay,
  );
  await sync(fay);
  expect(await lines(fay)).toBe(0);
  // The phone is another one by now, and stands where it stood (D4).
  expect(await readBacklog(room.db, fay, await connect(fay, 'phone'))).toEqual([]);
});
