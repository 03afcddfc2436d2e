import { randomUUID } from 'node:crypto';
import {
  openDeliveryNode,
  sendRequest,
  type DeliveryNode,
  type NodeDevice,
} from '../../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { rowsTouched, until } from '@chasqui/testkit';
import { readBacklog } from './backlog';

let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
let conversationId: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
});
afterAll(async () => {
  await node.stop();
  await room.close();
});
let round = 0;
beforeEach(async () => {
  round += 1;
  [ana, ben] = await room.users(`ana${round}`, `ben${round}`);
  conversationId = (await node.core.conversations.createDirect(ana, ben)).conversation.id;
});

async function send(count = 1, to = conversationId): Promise<void> {
  for (let i = 0; i < count; i += 1) await node.core.messages.send(sendRequest(to, ana));
}

/** Connects and waits for the end of the backlog. */
async function drain(deviceId: string, options = {}): Promise<NodeDevice> {
  const device = await node.connect(ben, { deviceId, ...options });
  await until(
    'the backlog is sent',
    () => device.transport.payloads('chat:queue_empty').length > 0,
  );
  return device;
}

async function drained(deviceId: string): Promise<number[]> {
  const device = await drain(deviceId);
  device.live.close();
  return device.transport.seqs(conversationId);
}

const acknowledge = (device: NodeDevice, seq: number, to = conversationId): Promise<void> =>
  device.live.acknowledge({ conversationId: to, seq }, 'delivered');
const cleanPos = async (deviceId: string): Promise<number> => {
  const [row] = await room.rows(
    'SELECT clean_pos::float8 FROM devices WHERE user_id = $1 AND device_id = $2',
    ben,
    deviceId,
  );
  return Number(row?.[0]);
};

describe('[D4] device positions', () => {
  test('the first device of a user starts at the membership and receives everything until it acknowledges', async () => {
    await send(3);
    expect(await drained('phone')).toEqual([1, 2, 3]);
    const phone = await drain('phone');
    expect(phone.transport.seqs()).toEqual([1, 2, 3]);
    await acknowledge(phone, 2);
    phone.live.close();
    expect(await drained('phone')).toEqual([3]);
  });

  test('a new device starts after the highest position acknowledged by any device', async () => {
    await send(5);
    const phone = await drain('phone');
    await acknowledge(phone, 3);
    expect(await drained('laptop')).toEqual([4, 5]);
    // Marking as read by REST acknowledges for no device.
    await node.core.receipts.acknowledge(ben, { conversationId, seq: 5 }, 'read');
    expect(await drained('tablet')).toEqual([4, 5]);
    await acknowledge(phone, 5);
    expect(await drained('watch')).toEqual([]);
    expect(await drained('laptop')).toEqual([4, 5]);
  });

  test('an offline device receives entries that another device acknowledged, even after syncs', async () => {
    await send(2);
    const laptop = await drain('laptop');
    await acknowledge(laptop, 2);
    laptop.live.close();
    for (const seq of [3, 4, 5]) {
      await send();
      const phone = await drain('phone');
      await acknowledge(phone, seq);
      phone.live.close();
      // Each sync closes the conversation.
      await node.core.sync.readChanges(ben, { limit: 10 });
      await drained('phone');
    }
    expect(await drained('laptop')).toEqual([3, 4, 5]);
    expect(await drained('phone')).toEqual([]);
  });

  test('all connections of a device receive live entries, and one acknowledgement covers all of them', async () => {
    const [one, two] = [await drain('phone'), await drain('phone')];
    await send(2);
    await until('both have it', () =>
      [one, two].every(({ transport }) => transport.seqs().length === 2),
    );
    await acknowledge(one, 2);
    two.live.close();
    expect(await drained('phone')).toEqual([]);
  });

  test('a device that logs out is forgotten and starts as a new device when it returns', async () => {
    await send(2);
    const sessionId = randomUUID();
    const phone = await drain('phone', { sessionId });
    const laptop = await drain('laptop');
    await acknowledge(laptop, 1);
    phone.live.close();
    await node.core.connections.forgetSessionDevices(ben, sessionId);
    expect(await drained('phone')).toEqual([2]);
    const numbers = await room.rows(
      'SELECT device_no FROM devices WHERE user_id = $1 ORDER BY 1',
      ben,
    );
    expect(numbers).toEqual([[2], [3]]);
  });

  test('devices are forgotten beyond the 20 most recently seen and after 90 days', async () => {
    for (let i = 0; i < 22; i += 1) (await drain(`device${i}`)).live.close();
    const left = async (): Promise<unknown[]> =>
      (
        await room.rows('SELECT device_id FROM devices WHERE user_id = $1 ORDER BY device_no', ben)
      ).flat();
    expect(await left()).toEqual(Array.from({ length: 20 }, (_, i) => `device${i + 2}`));
    await room.rows(
      `UPDATE devices SET last_seen_at = now() - interval '91 days' WHERE user_id = $1 AND device_no < 20`,
      ben,
    );
    await send(1);
    await acknowledge(await drain('device21'), 1);
    // The expired device is replaced by a new one with the same id.
    expect(await drained('device5')).toEqual([]);
    expect(await left()).toEqual(['device19', 'device20', 'device21', 'device5']);
    const cursors = await room.rows('SELECT cursors FROM participants WHERE user_id = $1', ben);
    expect(Object.keys(cursors[0]?.[0] as object)).toEqual(['22', '23']);
  });

  test('[D9] a device receives nothing sent between the removal and the return of its user', async () => {
    const { id } = await node.core.conversations.createGroup(ana, 'Group', [ben]);
    await send(2, id);
    (await drain('phone')).live.close();
    await node.core.members.remove(ana, id, ben);
    await send(2, id);
    const away = await drain('phone');
    expect(away.transport.seqs(id)).toEqual([]);
    await node.core.members.add(ana, id, ben, 'member');
    await send(1, id);
    await until('live from joining on', () => away.transport.seqs(id).length === 2);
    expect(away.transport.seqs(id)).toEqual([7, 8]);
    away.live.close();
    expect((await drain('phone')).transport.seqs(id)).toEqual([7, 8]);
  });
});

describe('[D5] the order of a backlog', () => {
  test('the conversation with the oldest entry comes first', async () => {
    const ids: string[] = [];
    for (const title of ['One', 'Two', 'Three']) {
      ids.push((await node.core.conversations.createGroup(ana, title, [ben])).id);
    }
    const phone = await drain('phone');
    for (const id of ids) await acknowledge(phone, 1, id);
    phone.live.close();
    for (const i of [1, 2, 0, 2]) await send(1, ids[i]);
    const again = await drain('phone');
    expect(
      again.transport.messages().map((one) => [ids.indexOf(one.conversation_id), one.seq]),
    ).toEqual([
      [1, 2],
      [2, 2],
      [2, 3],
      [0, 2],
    ]);
  });
});

describe('[D12] the clean position', () => {
  test('the clean position advances over acknowledged changes only', async () => {
    await send(1);
    const phone = await drain('phone');
    const laptop = await drain('laptop');
    await acknowledge(phone, 1);
    for (const device of [phone, laptop]) device.live.close();
    await node.core.sync.readChanges(ben, { limit: 10 });
    const before = await cleanPos('laptop');
    await drained('phone');
    await drained('laptop');
    expect(await cleanPos('phone')).toBeGreaterThan(before);
    expect(await cleanPos('laptop')).toBe(before);
    await acknowledge(await drain('laptop'), 1);
    await drained('laptop');
    expect(await cleanPos('laptop')).toBeGreaterThanOrEqual(await cleanPos('phone'));
  });

  test('a connect reads only changed conversations, regardless of how many rest', async () => {
    const touched = async (): Promise<number> => {
      const device = await drain('phone');
      for (const { conversation_id, seq } of device.transport.messages()) {
        await acknowledge(device, seq, conversation_id);
      }
      device.live.close();
      await drained('phone');
      const [row] = await room.rows(
        'SELECT device_no FROM devices WHERE user_id = $1 AND device_id = $2',
        ben,
        'phone',
      );
      return rowsTouched(room.db, (db) => readBacklog(db, ben, Number(row?.[0])));
    };
    const few = await touched();
    for (let i = 0; i < 60; i += 1)
      await node.core.conversations.createGroup(ana, `Group ${i}`, [ben]);
    // Even when the planner expects that nearly everything has changed.
    await room.rows('ANALYZE participants');
    // Marks being cleared at this moment stay open until the next connect.
    await until('no changed conversation is left', async () => (await touched()) <= few + 2);
    const [open] = await room.rows(
      'SELECT count(*)::integer FROM participants WHERE user_id = $1 AND open',
      ben,
    );
    expect(open).toEqual([0]);
  });
});

test('(fault 23) a message sent between backlog and live delivery arrives once and in order', async () => {
  for (let i = 0; i < 15; i += 1) {
    const sending = Promise.all(
      Array.from({ length: 8 }, () => node.core.messages.send(sendRequest(conversationId, ana))),
    );
    const phone = await drain('phone');
    const { message } = (await sending).at(-1) ?? {};
    await until('all are there', () => phone.transport.seqs().at(-1) === message?.seq);
    const seqs = phone.transport.seqs();
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => (seqs[0] ?? 0) + n));
    await acknowledge(phone, message?.seq ?? 0);
    phone.live.close();
  }
});

test('a connection of an unknown user is refused', async () => {
  await expect(node.connect(randomUUID())).rejects.toMatchObject({ name: 'UnauthorizedError' });
});
