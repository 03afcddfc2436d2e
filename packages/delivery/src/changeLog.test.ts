import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '@pern/testing/deliveryRoom';
import { createGroup } from './conversations/createGroup';

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
  const told = await oldOnes(ben);
  expect(told).toBeGreaterThan(3);
  // The laptop has acknowledged nothing of it.
  await connect(ben, 'phone');
  expect(await oldOnes(ben)).toBe(told);

  await read(laptop, 6);
  await connect(ben, 'laptop');
  await connect(ben, 'phone');
  expect(await oldOnes(ben)).toBe(0);
});
