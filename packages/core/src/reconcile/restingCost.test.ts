import { randomUUID } from 'node:crypto';
import { openDeliveryNode, type DeliveryNode } from '../testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from '../testing/coreRoom';
import { rowsTouched } from '@chasqui/testkit';
import { QueryTypes } from 'sequelize';
import { readBacklog, readEntries, readPositions } from '../connection/backlog/backlog';
import { createGroup } from '../conversations/group/createGroup';
import { presenceAudience } from '../members/presence/presenceAudience';
import { readConversations } from '../conversations/read/readConversations';
import { syncChanges } from '../sync/syncChanges';

/** Rows that one user's connect, sync, send and acknowledgement read beside many resting conversations. */
let room: DeliveryRoom;
let node: DeliveryNode;
let ana: string;
let ben: string;
let conversationId: string;
beforeAll(async () => {
  room = await openDeliveryRoom();
  node = openDeliveryNode(room.db);
  [ana, ben] = await room.users('ana', 'ben');
  conversationId = (await createGroup(room, ana, 'Busy', [ben])).id;
});
afterAll(async () => {
  await node.stop();
  await room.close();
});

/** Creates conversations with a history that Ben has acknowledged completely. */
async function rest(count: number): Promise<void> {
  await room.rows(
    `WITH made AS (
       INSERT INTO conversations (id, type, created_by, participant_count, last_seq, version)
       SELECT gen_random_uuid(), 'group', $1::uuid, 2, 5, 5 FROM generate_series(1, $3::integer) RETURNING id
     ), log AS (
       INSERT INTO messages (conversation_id, seq, id, version, sender_id, created_at, content_encrypted)
       SELECT m.id, s, gen_random_uuid(), s, $1::uuid, now(), 'x' FROM made m, generate_series(1, 5) s
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq, read_seq,
       acked_seq, open, from_seq, from_version, from_pos, activity_at)
     SELECT m.id, u, 'member', now(), 1, 5, 5, 5, false, 0, 0, 0, now() FROM made m, unnest(ARRAY[$1, $2]::uuid[]) u`,
    ana,
    ben,
    count,
  );
}

/** Rows that one statement reads, including those of its functions, from the statistics of its transaction. */
async function readBy(statement: string): Promise<number> {
  const { sequelize } = room.db;
  return sequelize.transaction(async (transaction) => {
    const soFar = async (): Promise<number> => {
      const [row] = await sequelize.query<{ n: number }>(
        `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS n FROM pg_stat_xact_user_tables`,
        { type: QueryTypes.SELECT, transaction },
      );
      return row?.n ?? 0;
    };
    const before = await soFar();
    await sequelize.query(statement, { transaction });
    return (await soFar()) - before;
  });
}

/** Runs each step once with one changed conversation. Returns how many rows each step reads. */
async function round(): Promise<Record<string, number>> {
  const { cursor } = await node.core.sync.readChanges(ben, { limit: 50 });
  const seq = await room.send(conversationId, ana);
  const id = randomUUID();
  const send =
    await readBy(`SELECT * FROM append_messages(ARRAY['${conversationId}']::uuid[], ARRAY[1], ARRAY['${ana}']::uuid[],
    ARRAY['${id}']::uuid[], ARRAY[1], ARRAY[1], ARRAY['${id}'], ARRAY['text'], ARRAY['x'], ARRAY[NULL]::uuid[],
    false, 2000)`);
  const backlog = await rowsTouched(room.db, (db) => readBacklog(db, ben, 1));
  const positions = await rowsTouched(room.db, (db) =>
    readPositions(db, [{ userId: ben, deviceNo: 1, conversationId }]),
  );
  const entries = await rowsTouched(room.db, (db) =>
    readEntries(db, ben, [{ conversationId, seq: seq - 1 }], 20),
  );
  const connect = await readBy(`SELECT open_device('${ben}', 'phone', '${randomUUID()}')`);
  const connectNew = await readBy(
    `SELECT open_device('${ben}', '${randomUUID()}', '${randomUUID()}')`,
  );
  const acknowledge = await readBy(`SELECT * FROM advance_watermarks(ARRAY['${ben}']::uuid[],
    ARRAY['${conversationId}']::uuid[], ARRAY[${seq + 1}]::bigint[], ARRAY[0]::bigint[], ARRAY[1])`);
  const begin = await readBy(`SELECT begin_sync('${ben}')`);
  const [key] = await room.rows(`SELECT value FROM instance WHERE key = 'cursor_key'`);
  const sync = await rowsTouched(room.db, (db) =>
    syncChanges(
      {
        // begin_sync ran above and had nothing to lock.
        db,
        cursorKey: async () => key?.[0] as Buffer,
        now: Date.now,
        readConversations: (userId, ids) => readConversations(db, userId, ids, { preview: true }),
      },
      ben,
      { limit: 50, cursor },
    ),
  );
  return { send, backlog, positions, entries, connect, connectNew, acknowledge, begin, sync };
}

test('[D12] resting conversations cost nothing, even with plans made for small tables', async () => {
  await rest(3);
  for (let i = 0; i < 8; i += 1) await round();
  const few = await round();
  // From here on the prepared plans are those made for tiny tables.
  await rest(2_000);
  const stale = await round();
  await room.rows('ANALYZE');
  const analyzed = await round();
  for (const many of [stale, analyzed]) {
    for (const [step, rows] of Object.entries(many)) {
      expect(`${step}: ${rows <= (few[step] ?? 0) + 200 ? 'few' : rows}`).toBe(`${step}: few`);
    }
  }
});

test('[D12] connecting and disconnecting reads at most the 500 latest conversations', async () => {
  await rest(1_500);
  // Without the limit it would be 17,000. The bound leaves room for any plan that reads the latest 500.
  const audience = (db: typeof room.db) => presenceAudience({ db }, ben);
  expect(await rowsTouched(room.db, audience)).toBeLessThan(500 * 16);
  expect(await audience(room.db)).toEqual([ana]);
});
