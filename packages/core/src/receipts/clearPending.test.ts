import { randomUUID } from 'node:crypto';
import {
  overdueWakeups,
  postponeActiveRecipients,
  clearPendingOfUser,
  wakeupsWaitingFor,
} from '@chasqui/db';
import { createFakeClock, quietLog, withSeed } from '@chasqui/testkit';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { appendBatch } from '../send/appendBatch';
import { createGroup } from '../conversations/group/createGroup';
import { createPendingCleaner } from './clearPending';
import { sendRequest } from '../testing/coreNode';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let round = 0;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());
beforeEach(async () => {
  round += 1;
  [ana, ben] = await room.users(`ana${round}`, `ben${round}`);
});

/** Recipients whose marks or deliveries are wrong: missing or left over. */
async function wrongMarks(): Promise<{ missing: unknown[][]; leftOver: unknown[][] }> {
  const behind = `EXISTS (SELECT FROM messages m WHERE m.conversation_id = p.conversation_id
    AND m.seq > p.acked_seq AND m.kind = 'message' AND m.sender_id <> p.user_id)`;
  const waits = 'EXISTS (SELECT FROM deliveries d WHERE d.user_id = p.user_id)';
  return {
    missing: await room.rows(
      `SELECT p.* FROM participants p WHERE ${behind} AND NOT (p.pending AND ${waits})`,
    ),
    leftOver: await room.rows(`SELECT p.* FROM participants p WHERE NOT ${behind} AND p.pending`),
  };
}

const waiting = async (userId: string): Promise<boolean> =>
  (await room.rows('SELECT FROM deliveries WHERE user_id = $1', userId)).length > 0;
const cleaner = () =>
  createPendingCleaner({
    db: room.db,
    clock: createFakeClock(),
    log: quietLog(),
    onCleared: () => undefined,
  });

test('[R6] a delivery is deleted when the last conversation has no pending mark', async () => {
  const [one, two] = [
    await createGroup(room, ana, 'One', [ben]),
    await createGroup(room, ana, 'Two', [ben]),
  ];
  const [a, b] = [await room.send(one.id, ana), await room.send(two.id, ana)];
  const mine = cleaner();
  expect(await waiting(ben)).toBe(true);
  await room.acknowledge(one.id, ben, a, 'delivered');
  mine.acknowledged(ben, one.id);
  await mine.flush();
  expect(await waiting(ben)).toBe(true);
  // Acknowledged by REST: this moves the user's position but no device's.
  await room.acknowledge(two.id, ben, b, 'read', null);
  mine.acknowledged(ben, two.id);
  await mine.flush();
  expect(await waiting(ben)).toBe(true);
  await room.acknowledge(two.id, ben, b, 'delivered');
  mine.acknowledged(ben, two.id);
  await mine.flush();
  expect(await waiting(ben)).toBe(false);
  expect(await waiting(ana)).toBe(false);
});

test('[R6] a locked conversation is retried, a deleted one is not', async () => {
  const { id } = await createGroup(room, ana, 'One', [ben]);
  const seq = await room.send(id, ana);
  await room.acknowledge(id, ben, seq, 'delivered');
  const clock = createFakeClock();
  const mine = createPendingCleaner({
    db: room.db,
    clock,
    log: quietLog(),
    onCleared: () => undefined,
  });
  const holder = room.otherNode();
  const transaction = await holder.sequelize.transaction();
  await holder.sequelize.query('SELECT FROM conversations WHERE id = :id FOR UPDATE', {
    replacements: { id },
    transaction,
  });
  mine.acknowledged(ben, id);
  mine.acknowledged(ben, randomUUID());
  await mine.flush();
  expect(await waiting(ben)).toBe(true);
  await transaction.commit();
  await mine.flush();
  expect(await waiting(ben)).toBe(false);
  const [left] = await room.rows(
    'SELECT count(*)::integer FROM settle_pending($1, $2)',
    [ben],
    [randomUUID()],
  );
  expect(left).toEqual([0]);
});

test('[R6] the marks of one second are cleared together, and no timer runs after stop', async () => {
  const clock = createFakeClock();
  const calls: unknown[][] = [];
  const mine = createPendingCleaner({
    onCleared: () => undefined,
    db: {
      ...room.db,
      query: async (_name, _text, values) => {
        calls.push(values);
        return [];
      },
    },
    clock,
    log: quietLog(),
  });
  for (let i = 0; i < 5; i += 1) mine.acknowledged(ben, 'a');
  mine.acknowledged(ben, 'b');
  clock.advance(999);
  expect(calls).toEqual([]);
  clock.advance(1);
  expect(calls).toEqual([
    [
      [ben, ben],
      ['a', 'b'],
    ],
  ]);
  mine.stop();
  mine.acknowledged(ben, 'c');
  expect(clock.pending).toBe(0);
});

test('[D5] a wake-up is needed only while a message is pending', async () => {
  const { id } = await createGroup(room, ana, 'One', [ben]);
  const needed = async () =>
    (await wakeupsWaitingFor(room.db, [ana, ben], 0)).map(({ userId }) => userId);
  const seq = await room.send(id, ana);
  await room.acknowledge(id, ben, seq, 'delivered');
  expect(await needed()).toEqual([]);
  await room.send(id, ana);
  expect(await needed()).toEqual([ben]);
});

test('[D5] an active recipient is overdue only after they stop acknowledging', async () => {
  const { id } = await createGroup(room, ana, 'One', [ben]);
  const agoMs = (seq: number, ms: number): Promise<unknown> =>
    room.rows(
      `UPDATE messages SET created_at = now() - $3::int * interval '1 millisecond'
       WHERE conversation_id = $1 AND seq = $2 RETURNING 1`,
      ...[id, seq, ms],
    );
  const overdue = async (): Promise<string[]> =>
    (await overdueWakeups(room.db, 0, { limit: 100, offset: 0 })).map(({ userId }) => userId);
  const first = await room.send(id, ana);
  await agoMs(first, 60_000);
  await room.rows(
    `UPDATE deliveries SET next_at = now() - interval '1 minute', attempts = 5 WHERE user_id = $1 RETURNING 1`,
    ben,
  );
  await room.acknowledge(id, ben, first, 'delivered');
  // Another message follows, as in a busy conversation.
  const second = await room.send(id, ana);
  expect(await wakeupsWaitingFor(room.db, [ben], 5_000)).toEqual([]);
  expect(await overdue()).toContain(ben);
  expect(await postponeActiveRecipients(room.db, 2_000, 100)).toBeGreaterThanOrEqual(1);
  expect(await overdue()).not.toContain(ben);
  const [row] = await room.rows(
    `SELECT attempts, extract(epoch FROM next_at - now())::float8 FROM deliveries WHERE user_id = $1`,
    ben,
  );
  expect(row?.[0]).toBe(0);
  expect(row?.[1]).toBeGreaterThan(0);
  expect(row?.[1]).toBeLessThanOrEqual(2);

  await agoMs(second, 6_000);
  expect(await wakeupsWaitingFor(room.db, [ben], 5_000)).toMatchObject([{ userId: ben }]);
  await room.rows(`UPDATE deliveries SET next_at = now() WHERE user_id = $1 RETURNING 1`, ben);
  await postponeActiveRecipients(room.db, 2_000, 100);
  expect(await overdue()).toContain(ben);
});

test('[R6] [D5] under concurrent sends, acknowledgements and clearing, every waiting recipient keeps a delivery', () =>
  withSeed(async (random) => {
    const users = await room.users(...['a', 'b', 'c', 'd'].map((name) => `${name}-${random.seed}`));
    const groups = await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        createGroup(room, users[0] as string, `Group ${i}`, users.slice(1)),
      ),
    );
    const ids = groups.map(({ id }) => id);
    const nodes = [room.db, room.otherNode()];
    const cleaners = nodes.map((db) =>
      createPendingCleaner({
        db,
        clock: createFakeClock(),
        log: quietLog(),
        onCleared: () => undefined,
      }),
    );
    const lastSeq = new Map<string, number>();

    async function act(): Promise<void> {
      const at = random.below(2);
      const [db, mine] = [nodes[at] ?? room.db, cleaners[at]];
      const [userId, conversationId] = [random.pick(users), random.pick(ids)];
      const dice = random.below(10);
      if (dice < 4) {
        const sends = Array.from({ length: 1 + random.below(3) }, () => ({
          id: randomUUID(),
          request: sendRequest(random.pick(ids), random.pick(users)),
        }));
        const { outcomes } = await appendBatch(db, sends, random.chance(0.5), 2_000);
        outcomes.forEach((one, i) => {
          const id = sends[i]?.request.conversationId ?? '';
          if (one?.outcome !== 'new') return;
          lastSeq.set(id, Math.max(lastSeq.get(id) ?? 0, one.message.seq));
        });
      } else if (dice < 7) {
        await room.acknowledge(
          conversationId,
          userId,
          lastSeq.get(conversationId) ?? 0,
          'delivered',
        );
        mine?.acknowledged(userId, conversationId);
      } else if (dice < 9) await mine?.flush();
      else await clearPendingOfUser(db, userId);
    }

    for (let burst = 0; burst < 25; burst += 1) {
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          for (let i = 0; i < 8; i += 1) await act();
        }),
      );
      expect((await wrongMarks()).missing).toEqual([]);
    }
    for (const userId of users) {
      for (const id of ids) {
        await room.acknowledge(id, userId, lastSeq.get(id) ?? 0, 'delivered');
        cleaners[0]?.acknowledged(userId, id);
      }
    }
    await cleaners[0]?.flush();
    expect(await wrongMarks()).toEqual({ missing: [], leftOver: [] });
    const left = await room.rows(
      'SELECT user_id FROM deliveries WHERE user_id = ANY ($1::uuid[])',
      users,
    );
    expect(left).toEqual([]);
  }));
