import { randomUUID } from 'node:crypto';
import { withTransaction } from '@chasqui/db';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { appendBatch } from '../send/appendBatch';
import { createGroup } from '../conversations/group/createGroup';
import { readConversation } from '../conversations/read/readConversation';
import { makeTombstones } from '../messages/makeTombstones';
import { readHistory } from '../messages/readMessages';
import { syncChanges, type SyncDeps } from '../sync/syncChanges';
import { readConversations } from '../conversations/read/readConversations';
import { expireMessages } from './expireMessages';

let room: DeliveryRoom;
let ana: string;
let ben: string;
let cleo: string;
let id: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.rows('DELETE FROM tombstone_news');
  await room.rows('DELETE FROM retention_spans');
  await room.rows(
    'UPDATE conversations SET retention_s = NULL, next_expiry_at = NULL, history_limit_s = NULL',
  );
  ({ id } = await createGroup(room, ana, 'Choir', [ben, cleo]));
});

/** Sets the retention, for existing messages too. */
const keep = async (seconds: number): Promise<void> => {
  await setRetention(seconds);
  await room.rows('SELECT apply_retention_to_history($1, $2)', id, seconds);
};
const setRetention = (seconds: number | null): Promise<unknown> =>
  room.rows('UPDATE conversations SET retention_s = $2 WHERE id = $1', id, seconds);
/** Backdates a message by this many seconds. */
const age = (seq: number, seconds: number): Promise<unknown> =>
  room.rows(
    `UPDATE messages SET created_at = created_at - make_interval(secs => $3)
     WHERE conversation_id = $1 AND seq <= $2`,
    ...[id, seq, seconds],
  );
const expireAll = async (): Promise<number> => {
  for (let sum = 0; ;) {
    const { expired, more } = await expireMessages(room.db);
    sum += expired;
    if (!more) return sum;
  }
};
const due = async (): Promise<number | null> => {
  const [row] = await room.rows(
    `SELECT extract(epoch FROM next_expiry_at - clock_timestamp())::float8 FROM conversations WHERE id = $1`,
    id,
  );
  return (row as [number | null])[0];
};

const syncDeps = (): SyncDeps => ({
  db: room.db,
  cursorKey: () => Promise.resolve(Buffer.alloc(32)),
  now: () => Date.now(),
  readConversations: (userId, ids) => readConversations(room.db, userId, ids, { preview: true }),
});

test('[D7] an expired message becomes a tombstone that an offline device receives by sync', async () => {
  const first = await room.send(id, ana, 'old');
  const second = await room.send(id, ana, 'young');
  const { cursor } = await syncChanges(syncDeps(), ben, { limit: 100 });
  await age(first, 120);
  await keep(100);
  expect(await expireAll()).toBe(1);
  expect(await expireAll()).toBe(0);

  const { messages } = await syncChanges(syncDeps(), ben, { limit: 100, cursor });
  expect(messages).toMatchObject([
    { seq: first, sender_id: ana, content_encrypted: null, reactions: [] },
  ]);
  expect(messages[0]?.deleted_at).not.toBeNull();
  const history = await readHistory(room.db, ben, id, { limit: 10 });
  expect(history.messages.map(({ seq, content_encrypted }) => [seq, content_encrypted])).toEqual([
    [1, null],
    [first, null],
    [second, 'young'],
  ]);
  expect(await due()).toBeGreaterThan(90);
});

test('[D2] repeating an expired send succeeds, and different content is a conflict', async () => {
  const send = async (content: string): Promise<unknown> => {
    const request = {
      ...{ conversationId: id, senderId: ana, contentEncrypted: content, clientMessageId: 'once' },
      ...{ messageType: 'text' as const, replyToId: null },
    };
    const result = await appendBatch(room.db, [{ id: randomUUID(), request }], true, 2_000);
    return result.outcomes[0]?.outcome;
  };
  expect(await send('secret')).toBe('new');
  await age(100, 120);
  await keep(100);
  expect(await expireAll()).toBe(1);
  expect(await send('secret')).toBe('repeat');
  expect(await send('other')).toBe('conflict');
});

test('[D8] an expired message no longer counts as unread', async () => {
  const seq = await room.send(id, ana);
  await room.send(id, ana);
  expect((await readConversation(room, ben, id)).my.unread_count).toBe(2);
  await age(seq, 120);
  await keep(100);
  await expireAll();
  expect((await readConversation(room, ben, id)).my.unread_count).toBe(1);
});

test('[D7] every tombstone has its own version, in the order of seq, and a sync pages through all of them', async () => {
  const seqs: number[] = [];
  for (let i = 0; i < 12; i += 1) seqs.push(await room.send(id, ana, `m${i}`));
  let { cursor } = await syncChanges(syncDeps(), ben, { limit: 100 });
  await age(seqs.at(-1) ?? 0, 120);
  await keep(100);
  expect(await expireAll()).toBe(12);
  const found: number[] = [];
  for (let more = true; more;) {
    const page = await syncChanges(syncDeps(), ben, { limit: 5, cursor });
    found.push(...page.messages.map(({ seq }) => seq));
    ({ cursor, has_more: more } = page);
  }
  expect(found).toEqual(seqs);
  const { version } = await readConversation(room, ben, id);
  const [top] = await room.rows(
    'SELECT max(version)::float8, count(DISTINCT version)::float8 FROM messages WHERE conversation_id = $1',
    id,
  );
  expect(top).toEqual([version, 13]);
});

test('[D12] expired messages are not read again, and an empty conversation is not due', async () => {
  for (let i = 0; i < 3; i += 1) await room.send(id, ana);
  await age(100, 120);
  await keep(100);
  await expireAll();
  expect(await due()).toBeNull();
  await room.send(id, ana);
  expect(await due()).toBeGreaterThan(99);
  expect(await due()).toBeLessThanOrEqual(100);
  const before = await due();
  await room.send(id, ana);
  expect(await due()).toBeLessThanOrEqual(before ?? 0);
  const [row] = await room.rows(
    'SELECT s.expired_seq::float8, c.last_seq::float8 FROM retention_spans s, conversations c WHERE s.conversation_id = c.id AND c.id = $1',
    id,
  );
  expect(row).toEqual([4, 6]);
});

test('[D7] a conversation with more messages than one step expires is processed in several steps by several workers', async () => {
  await room.rows(
    `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
     SELECT $1, 1 + n, gen_random_uuid(), 1 + n, $2, 'x', now() - interval '1 hour' FROM generate_series(1, 1200) n`,
    ...[id, ana],
  );
  await room.rows('UPDATE conversations SET last_seq = 1201, version = 1201 WHERE id = $1', id);
  await keep(100);
  const other = room.otherNode();
  const run = async (db: typeof other): Promise<number> => {
    for (let sum = 0, idle = 0; ;) {
      const { expired, more } = await expireMessages(db);
      sum += expired;
      idle = more ? 0 : idle + 1;
      if (idle > 20) return sum;
    }
  };
  const [one, two] = await Promise.all([run(room.db), run(other)]);
  expect(one + two).toBe(1_200);
  const [left] = await room.rows(
    'SELECT count(content_encrypted)::integer, count(DISTINCT version)::integer FROM messages WHERE conversation_id = $1',
    id,
  );
  expect(left).toEqual([0, 1201]);
});

test('[D7] only messages become tombstones, once, and a row requests their announcement to live clients', async () => {
  const seq = await room.send(id, ana, 'secret');
  const make = (): Promise<number> =>
    withTransaction(room.db, async (transaction) => {
      await room.db.sequelize.query(
        `SELECT id FROM conversations WHERE id = '${id}' FOR NO KEY UPDATE`,
        { transaction },
      );
      return makeTombstones(transaction, [
        { conversationId: id, seq: 1 },
        { conversationId: id, seq },
      ]);
    });
  expect(await make()).toBe(1);
  expect(await make()).toBe(0);
  const [event] = await room.rows(
    'SELECT deleted_at, event FROM messages WHERE conversation_id = $1 AND seq = 1',
    id,
  );
  expect(event).toEqual([null, expect.objectContaining({ type: 'created' })]);
  expect(
    await room.rows(
      'SELECT from_version::float8, until_version::float8 FROM tombstone_news WHERE conversation_id = $1',
      id,
    ),
  ).toEqual([[2, 3]]);
});

const contents = async (): Promise<unknown[]> =>
  (await readHistory(room.db, ben, id, { limit: 100 })).messages
    .filter(({ kind }) => kind === 'message')
    .map(({ content_encrypted }) => content_encrypted);
/** Simulates the passage of time. */
const wait = async (seconds: number): Promise<void> => {
  await age(100, seconds);
  await room.rows(
    'UPDATE conversations SET next_expiry_at = now() WHERE next_expiry_at IS NOT NULL',
  );
};

test('[D7] each message expires by the retention at the time of its send, regardless of later changes', async () => {
  await room.send(id, ana, 'for ever');
  await setRetention(7_200);
  await room.send(id, ana, 'two hours');
  await setRetention(60);
  await room.send(id, ana, 'a minute');
  await setRetention(null);
  await room.send(id, ana, 'for ever again');
  expect(await expireAll()).toBe(0);

  await wait(61);
  // The content is hidden whether or not a worker has run.
  expect(await contents()).toEqual(['for ever', 'two hours', null, 'for ever again']);
  expect(await expireAll()).toBe(1);
  expect(await due()).toBeGreaterThan(7_000);
  await wait(7_200);
  expect(await contents()).toEqual(['for ever', null, null, 'for ever again']);
  expect(await expireAll()).toBe(1);
  expect(await due()).toBeNull();
  // A closed span is deleted with its last message.
  expect(await room.rows('SELECT FROM retention_spans WHERE conversation_id = $1', id)).toEqual([]);
});

test('[D7] retention applied to the history covers all messages and extends none', async () => {
  await room.send(id, ana, 'for ever');
  await setRetention(60);
  await room.send(id, ana, 'a minute');
  await setRetention(null);
  await room.send(id, ana, 'for ever again');
  await setRetention(3_600);
  await room.send(id, ana, 'an hour');
  const apply = async (): Promise<unknown> =>
    (await room.rows('SELECT apply_retention_to_history($1, 3600)', id))[0]?.[0];
  expect(await apply()).toBe(true);
  expect(await apply()).toBe(false);
  await wait(61);
  expect(await expireAll()).toBe(1);
  expect(await contents()).toEqual(['for ever', null, 'for ever again', 'an hour']);
  await wait(3_600);
  expect(await contents()).toEqual([null, null, null, null]);
  expect(await expireAll()).toBe(3);
  await room.send(id, ana, 'an hour more');
  expect(await due()).toBeGreaterThan(3_500);
});

test('[D7] messages under a shorter retention expire before older ones under a longer retention', async () => {
  await setRetention(7_200);
  await room.send(id, ana, 'two hours');
  await setRetention(60);
  await room.send(id, ana, 'a minute');
  expect(await due()).toBeLessThanOrEqual(60);
});
