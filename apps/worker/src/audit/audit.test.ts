import { randomUUID } from 'node:crypto';
import {
  createDirect,
  createGroup,
  type DeliveryRoom,
  editMessage,
  openDeliveryRoom,
  removeParticipant,
} from '@chasqui/core/testing';
import { withTransaction } from '@chasqui/db';
import { quietLog } from '@chasqui/testkit';
import { type AuditDeps, createAudit } from './createAudit';
import { shownUnread } from './shownUnread';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let cem: string;
let group: string;

beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

/** A group that ana writes to. ben has acknowledged everything and rests, cem is away. */
beforeEach(async () => {
  [ana, ben, cem] = await room.users('ana', 'ben', 'cem');
  group = (await createGroup(room, ana, 'Group', [ben, cem])).id;
  for (let i = 0; i < 5; i += 1) await room.send(group, ana);
  await room.acknowledge(group, ben, 6, 'read');
  await settle(ben);
  await room.rows('SELECT begin_sync($1)', ben);
});
afterEach(async () => {
  await room.rows('TRUNCATE users, conversations, messages, watermark_log CASCADE');
  await room.rows(`CREATE UNIQUE INDEX IF NOT EXISTS messages_idempotency
    ON messages (uuid_send(conversation_id), sender_id, client_message_id) WHERE client_message_id IS NOT NULL`);
});

const settle = (userId: string, conversationId = group) =>
  room.rows('SELECT FROM settle_pending(ARRAY[$1::uuid], ARRAY[$2::uuid])', userId, conversationId);

/** An auditor that takes every turn, and its reports. */
function auditor(options: Partial<AuditDeps> = {}) {
  const log = quietLog();
  const found: string[] = [];
  const samples: number[] = [];
  const run = createAudit({
    db: room.db,
    marker: { takeTurn: async () => true },
    metrics: {
      auditFound: (kind) => void found.push(kind),
      audited: (conversations) => void samples.push(conversations),
    },
    log,
    intervalMs: 60_000,
    pause: async () => undefined,
    ...options,
  });
  return { run, found, samples, log };
}

test('a consistent database has no findings, and every conversation is checked', async () => {
  await createDirect(room, ana, ben);
  await removeParticipant(room, ana, group, cem);
  const { run, found, samples } = auditor();
  await run();
  expect({ found, samples }).toEqual({ found: [], samples: [2] });
});

test('there are no findings while users send, edit, acknowledge, sync and leave', async () => {
  const direct = (await createDirect(room, ana, ben)).conversation.id;
  const { run, found, samples } = auditor();
  let running = true;
  const busy = async (work: (i: number) => Promise<unknown>) => {
    for (let i = 0; running; i += 1) await work(i);
  };
  const lastSeq = async (id: string) =>
    Number((await room.rows('SELECT last_seq FROM conversations WHERE id = $1', id))[0]?.[0]);
  const everybody = [ana, ben, cem];
  const work = [
    busy((i) => room.send(group, everybody[i % 3] ?? ana)),
    busy((i) => room.send(direct, i % 2 === 0 ? ana : ben)),
    busy(async (i) => {
      const user = everybody[i % 3] ?? ana;
      await room.acknowledge(group, user, await lastSeq(group), i % 2 === 0 ? 'read' : 'delivered');
      await settle(user);
      await room.rows('SELECT begin_sync($1)', user);
    }),
    busy(async (i) => {
      const sql = `SELECT id FROM messages
        WHERE conversation_id = $1 AND sender_id = $2 AND kind = 'message' LIMIT 1`;
      const [message] = await room.rows(sql, group, ana);
      await editMessage(room, ana, String(message?.[0]), `edit ${i}`);
    }),
  ];
  while (samples.length < 30) await run();
  running = false;
  await Promise.all(work);
  expect(found).toEqual([]);
});

const damages: [kind: string, what: string, sql: string][] = [
  ['sequence', 'a lost entry', 'DELETE FROM messages WHERE seq = 3'],
  ['sequence', 'a last_seq ahead', 'UPDATE conversations SET last_seq = 9'],
  [
    'sequence',
    'an entry beyond last_seq',
    `UPDATE conversations SET version = 9; INSERT INTO messages
       (conversation_id, seq, id, version, kind, sender_id, created_at)
       SELECT conversation_id, 8, gen_random_uuid(), 9, 'event', sender_id, now() FROM messages WHERE seq = 1`,
  ],
  [
    'version',
    'an entry ahead of its conversation',
    'UPDATE messages SET version = 99 WHERE seq = 2',
  ],
  ['version', 'versions that fall', 'UPDATE messages SET version = 3 WHERE seq = 4'],
  [
    'version',
    'a change ahead of its conversation',
    'UPDATE messages SET version = 99, changed_at = now() WHERE seq = 2',
  ],
  [
    'duplicate',
    'two messages of one client id',
    `DROP INDEX messages_idempotency; UPDATE messages SET client_message_id = 'x' WHERE seq IN (3, 5)`,
  ],
  ['participant_count', 'a miscounted group', 'UPDATE conversations SET participant_count = 7'],
  ['watermark', 'read before delivered', 'UPDATE participants SET delivered_seq = 4 WHERE @ben'],
  ['watermark', 'read beyond the end', 'UPDATE participants SET read_seq = 7 WHERE @ben'],
  ['watermark', 'before the membership', 'UPDATE participants SET joined_seq = 8 WHERE @ben'],
  ['cursor', 'a device ahead', `UPDATE participants SET cursors = '{"1": 2}' WHERE @cem`],
  ['mark_missing', 'a forgotten recipient', 'UPDATE participants SET pending = false WHERE @cem'],
  ['delivery_missing', 'a mark and no delivery', 'DELETE FROM deliveries'],
  [
    'resting',
    'a wrong place in the list',
    `UPDATE participants SET activity_at = '2026-01-01' WHERE @ben`,
  ],
];

test.each(damages)(
  '%s: %s is reported once, with ids and without content',
  async (kind, _what, sql) => {
    const { run, found, log } = auditor();
    await run();
    const names = { '@ben': `user_id = '${ben}'`, '@cem': `user_id = '${cem}'` };
    for (const statement of sql.split('; ')) {
      await room.rows(statement.replace(/@\w+/g, (name) => names[name as keyof typeof names]));
    }
    for (let i = 0; i < 3; i += 1) await run();
    expect(found).toEqual([kind]);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { kind, conversationId: group } }]);
    expect(JSON.stringify(log.lines)).not.toContain('hello');
  },
);

test('unread: a wrong count of a product query is reported', async () => {
  const { run, found } = auditor({
    async unread(...args) {
      const shown = await shownUnread(...args);
      expect(shown).toContainEqual({ userId: cem, source: 'event', count: 5 });
      return shown.map((one) => (one.userId === cem ? { ...one, count: 4 } : one));
    },
  });
  for (let i = 0; i < 2; i += 1) await run();
  expect(found).toEqual(['unread']);
});

test('a deleted message is no longer unread and causes no finding', async () => {
  await room.rows('UPDATE messages SET deleted_at = now(), content_encrypted = NULL WHERE seq = 4');
  const { run, found } = auditor();
  await run();
  expect(found).toEqual([]);
});

test('an expired message that is not yet a tombstone is no longer unread and causes no finding', async () => {
  await room.rows('UPDATE conversations SET retention_s = 60');
  await room.rows('SELECT apply_retention_to_history(id, 60) FROM conversations');
  await room.rows(`UPDATE messages SET created_at = now() - interval '1 hour' WHERE seq <= 4`);
  const { run, found } = auditor({
    async unread(...args) {
      const shown = await shownUnread(...args);
      expect(shown).toContainEqual({ userId: cem, source: 'event', count: 2 });
      return shown;
    },
  });
  await run();
  expect(found).toEqual([]);
});

test('an inconsistency that is gone after the pause is no finding; one that returns is reported again', async () => {
  const hurt = () => room.rows('UPDATE conversations SET participant_count = 7');
  const heal = () => room.rows('UPDATE conversations SET participant_count = 3');
  let healing = true;
  const { run, found } = auditor({ pause: async () => void (healing && (await heal())) });
  await hurt();
  await run();
  expect(found).toEqual([]);
  healing = false;
  for (const work of [hurt, heal, hurt]) {
    await work();
    await run();
  }
  expect(found).toEqual(['participant_count', 'participant_count']);
});

test('[D5] a stale mark is left to the wake-ups, and reported when several have not cleared it', async () => {
  await room.acknowledge(group, cem, 6, 'delivered');
  const { run, found } = auditor();
  const wakeUp = () => room.rows('UPDATE deliveries SET attempts = attempts + 1');
  for (let i = 0; i < 3; i += 1) {
    await run();
    expect(found).toEqual([]);
    await wakeUp();
  }
  await run();
  expect(found).toEqual(['mark_stale']);
  await settle(cem);
  await run();
  expect(found).toEqual(['mark_stale']);
});

test('a long history is checked in sections, and a gap near its end is found', async () => {
  await room.rows(
    `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
     SELECT $1, i, gen_random_uuid(), i, $2, 'hello', now() FROM generate_series(7, 30000) i`,
    group,
    ana,
  );
  await room.rows('UPDATE conversations SET last_seq = 30000, version = 30000');
  await room.rows('UPDATE participants SET acked_seq = 0, pending = true WHERE user_id <> $1', ana);
  await room.rows(
    'INSERT INTO deliveries (user_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING',
    [ben, cem],
  );
  await room.rows('UPDATE participants SET acked_seq = 6, open = true WHERE user_id = $1', ben);
  const { run, found } = auditor();
  for (let i = 0; i < 5; i += 1) await run();
  expect(found).toEqual([]);
  await room.rows('DELETE FROM messages WHERE seq = 29990');
  await run();
  expect(found).toEqual(['sequence']);
});

test('an auditor without a turn checks nothing', async () => {
  const { run, samples } = auditor({ marker: { takeTurn: async () => false } });
  await run();
  expect(samples).toEqual([]);
});

test('a conversation that takes too long is skipped, and the others are checked', async () => {
  const other = randomUUID();
  await room.rows(
    `INSERT INTO conversations (id, type, created_by) VALUES ($1, 'group', $2)`,
    other,
    ana,
  );
  const { run, found, samples, log } = auditor({
    async unread(_db, { query }, { id }) {
      if (id === group) await query('', 'SELECT pg_sleep(20)', []);
      return [];
    },
  });
  await run();
  expect({ found, samples }).toEqual({ found: [], samples: [1] });
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { conversationId: group } }]);
});

test('the audit does not wait for writers', async () => {
  const { run, samples } = auditor();
  await withTransaction(room.db, async (transaction) => {
    const all = 'SELECT FROM conversations FOR UPDATE';
    await room.db.sequelize.query(all, { transaction });
    await run();
  });
  expect(samples).toEqual([1]);
});
