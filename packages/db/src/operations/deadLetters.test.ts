import { createGroup, type DeliveryRoom, openDeliveryRoom } from '@chasqui/core/testing';
import { until } from '@chasqui/testkit';
import { withTransaction } from '../connection/connect';
import { deadLetters, findUserId, purgeDeadLetter, retryDeadLetters } from './deadLetters';
import { deliveryCounts, insertMissingDeliveries, scheduledWakeups } from './deliveries';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterEach(() => room.rows('TRUNCATE users, conversations, messages CASCADE'));
afterAll(() => room.close());

const kill = (userId: string, deadAt = '2026-01-31T12:00:00.000Z') =>
  room.rows(
    `UPDATE deliveries SET dead_at = $2, attempts = 12, errors = 10, last_error = 'broken'
     WHERE user_id = $1`,
    userId,
    deadAt,
  );

/** Groups of ana and ben, each with a message for ben, whose delivery is dead. */
async function deadBen(groups = 1) {
  const [ana, ben] = await room.users('ana', 'ben');
  const ids: string[] = [];
  for (let i = 0; i < groups; i += 1) {
    const { id } = await createGroup(room, ana, 'Group', [ben]);
    await room.send(id, ana);
    ids.push(id);
  }
  await kill(ben);
  return { ana, ben, groups: ids };
}

const marks = async () =>
  Number((await room.rows('SELECT count(*) FROM participants WHERE pending'))[0]?.[0]);

/** The auditor's findings mark_missing and delivery_missing (R6). */
const broken = () =>
  room.rows(`
    SELECT p.user_id FROM participants p WHERE CASE WHEN p.pending
      THEN NOT EXISTS (SELECT FROM deliveries d WHERE d.user_id = p.user_id)
      ELSE EXISTS (SELECT FROM messages m WHERE m.conversation_id = p.conversation_id
        AND m.seq > greatest(p.acked_seq, p.purged_seq) AND m.kind = 'message' AND m.sender_id <> p.user_id)
      END`);

test('dead letters are listed latest first, with reason and times, on complete pages', async () => {
  const { ana, ben, groups } = await deadBen();
  expect(await deadLetters(room.db, { limit: 10 })).toEqual([
    {
      ...{ userId: ben, username: 'ben', displayName: 'Ben' },
      ...{ attempts: 12, errors: 10, reason: 'broken' },
      waitingSince: expect.any(Date) as Date,
      deadAt: new Date('2026-01-31T12:00:00.000Z'),
    },
  ]);
  const names = ['cem', 'dan', 'eva', 'fay', 'gil'];
  for (const userId of await room.users(...names)) {
    await room.rows('INSERT INTO deliveries (user_id) VALUES ($1)', userId);
    await kill(userId, userId < ben ? '2026-01-30T12:00:00.000Z' : undefined);
  }
  // Pending, but not dead.
  await room.rows('INSERT INTO deliveries (user_id) VALUES ($1)', ana);
  const seen: string[] = [];
  for (let after: { at: string; id: string } | undefined; ;) {
    const page = await deadLetters(room.db, { limit: 2, after });
    seen.push(...page.map(({ username }) => username));
    const last = page.at(-1);
    if (last === undefined) break;
    after = { at: last.deadAt.toISOString(), id: last.userId };
  }
  expect([...seen].sort()).toEqual(['ben', ...names]);
  expect(groups).toHaveLength(1);
});

test('[D5] a retried delivery is due at once with a restarted backoff; others are unchanged', async () => {
  const { ben } = await deadBen();
  const [ana] = await room.users('other');
  await room.rows('INSERT INTO deliveries (user_id, attempts) VALUES ($1, 3)', ana);
  expect(await retryDeadLetters(room.db, [ana, ben])).toMatchObject([{ userId: ben, delayMs: 0 }]);
  expect(await scheduledWakeups(room.db, [ben])).toHaveLength(1);
  expect(await room.rows('SELECT attempts, errors FROM deliveries ORDER BY attempts')).toEqual([
    [0, 0],
    [3, 0],
  ]);
  expect(await retryDeadLetters(room.db, [ben])).toEqual([]);
});

test('[D5] a purged delivery causes no wake-up and is not reinserted by the consistency check', async () => {
  const { ben } = await deadBen(3);
  expect(await purgeDeadLetter(room.db, ben)).toBe(true);
  expect(await deliveryCounts(room.db)).toEqual({ pending: 0, dead: 0 });
  expect(await marks()).toBe(0);
  expect(await insertMissingDeliveries(room.db, 10)).toBe(0);
  expect(await broken()).toEqual([]);
  expect(await purgeDeadLetter(room.db, ben)).toBe(false);
});

test('[D4] purging moves no position, so every device still receives all messages', async () => {
  const { ben } = await deadBen(2);
  const positions = () =>
    room.rows(
      `SELECT acked_seq, delivered_seq, read_seq, cursors, open FROM participants
       WHERE user_id = $1 ORDER BY conversation_id`,
      ben,
    );
  const before = await positions();
  await purgeDeadLetter(room.db, ben);
  expect(await positions()).toEqual(before);
});

test('[D5] the next message after a purge creates a new delivery', async () => {
  const { ana, ben, groups } = await deadBen(2);
  await purgeDeadLetter(room.db, ben);
  await room.send(groups[0] ?? '', ana);
  expect(await marks()).toBe(1);
  expect(await scheduledWakeups(room.db, [ben])).toHaveLength(1);
  await room.acknowledge(groups[0] ?? '', ben, 3, 'delivered');
  await room.rows(
    'SELECT FROM settle_pending(ARRAY[$1::uuid], ARRAY[$2::uuid])',
    ben,
    groups[0] ?? '',
  );
  expect(await deliveryCounts(room.db)).toEqual({ pending: 0, dead: 0 });
});

test('[D5] only dead deliveries are purged', async () => {
  const { ben } = await deadBen();
  await retryDeadLetters(room.db, [ben]);
  expect(await purgeDeadLetter(room.db, ben)).toBe(false);
  expect(await marks()).toBe(1);
  expect(await deliveryCounts(room.db)).toEqual({ pending: 1, dead: 0 });
});

test('[D5] when users send during a purge, every message is purged or has a wake-up', async () => {
  const { ana, ben, groups } = await deadBen(8);
  for (let round = 0; round < 5; round += 1) {
    const sends = groups.map(async (id) => {
      for (let i = 0; i < 5; i += 1) await room.send(id, ana);
    });
    await Promise.all([purgeDeadLetter(room.db, ben), ...sends]);
    expect(await broken()).toEqual([]);
    await kill(ben);
  }
});

test('[D5] a purge waits only for sends in progress, which rely on the mark that they saw', async () => {
  const { ana, ben, groups } = await deadBen(3);
  let purged: Promise<boolean> | undefined;
  await withTransaction(room.db, async (transaction) => {
    await room.db.sequelize.query(
      `SELECT * FROM append_messages(ARRAY[$1::uuid], ARRAY[1], ARRAY[$2::uuid], ARRAY[gen_random_uuid()],
         ARRAY[1], ARRAY[1], ARRAY[null::text], ARRAY['text'], ARRAY['hello'], ARRAY[null::uuid],
         true, 2000)`,
      { bind: [groups[0], ana], transaction },
    );
    purged = purgeDeadLetter(room.db, ben);
    await until('the others are purged', async () => (await marks()) === 1);
  });
  expect(await purged).toBe(true);
  expect(await marks()).toBe(0);
  expect(await broken()).toEqual([]);
});

test('a purge covers more conversations than one call', async () => {
  const { ana, ben } = await deadBen();
  await room.rows(
    `WITH made AS (
       INSERT INTO conversations (id, type, created_by, last_seq, participant_count)
       SELECT gen_random_uuid(), 'group', $1, 1, 1 FROM generate_series(1, 450) RETURNING id
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq,
       read_seq, acked_seq, from_seq, from_version, from_pos, pending, activity_at)
     SELECT id, $2, 'member', now(), 1, 0, 0, 0, 0, 0, 0, true, now() FROM made`,
    ana,
    ben,
  );
  expect(await purgeDeadLetter(room.db, ben)).toBe(true);
  expect(await marks()).toBe(0);
});

test('a user is found by id, and by name in any case', async () => {
  const [ana] = await room.users('ana');
  for (const name of ['ana', 'ANA', ana, ana.toUpperCase()]) {
    expect(await findUserId(room.db, name)).toBe(ana);
  }
  expect(await findUserId(room.db, 'nobody')).toBeNull();
});
