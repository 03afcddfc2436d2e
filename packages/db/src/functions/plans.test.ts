import { randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import pg from 'pg';

const [ana, ben] = [randomUUID(), randomUUID()];

// Each session keeps its plans, as a pooled connection does, and the tables are never analyzed.
let database: FreshDatabase;
let client: pg.Client;
const sessions: pg.Client[] = [];

async function newSession(): Promise<void> {
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  sessions.push(client);
}

beforeAll(async () => {
  database = await freshDatabase();
  await newSession();
  await client.query(`DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_stat_user_tables LOOP
      EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', name);
    END LOOP;
  END $$`);
  await client.query(
    `INSERT INTO users (id, username, username_key, email, email_key, display_name)
     SELECT id, 'u' || n, 'u' || n, 'u' || n, 'u' || n, 'u' FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)`,
    [[ana, ben]],
  );
});
afterAll(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  await database.drop();
});

async function conversation(participantCount: number): Promise<string> {
  const id = randomUUID();
  await client.query(
    `INSERT INTO conversations (id, type, created_by, participant_count) VALUES ($1, 'group', $2, $3)`,
    [id, ana, participantCount],
  );
  await client.query(
    `INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq, read_seq,
       acked_seq, from_seq, from_version, from_pos, activity_at)
     SELECT $1, u, 'member', now(), 1, 0, 0, 0, 0, 0, 0, now() FROM unnest($2::uuid[]) u`,
    [id, [ana, ben]],
  );
  return id;
}

/** Sends `count` messages by Ana, as one batch. */
async function send(id: string, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  const ids = all.map(() => randomUUID());
  await client.query(
    `SELECT * FROM append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, 2000)`,
    [
      ...[[id], [1], [ana], ids, all.map(() => 1), all, ids, all.map(() => 'text')],
      ...[all.map(() => 'x'), all.map(() => null)],
    ],
  );
}

const acknowledge = (id: string, seq: number): Promise<unknown> =>
  client.query('SELECT * FROM advance_watermarks($1, $2, $3, $4, $5)', [
    ...[[ben], [id], [seq], [0], [1]],
  ]);

/** Rows read from tables by `work`, according to the statistics of its transaction. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const soFar = async (): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(
      `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS n FROM pg_stat_xact_user_tables`,
    );
    return rows[0]?.n ?? 0;
  };
  await client.query('BEGIN');
  const before = await soFar();
  await work();
  const after = await soFar();
  await client.query('COMMIT');
  return after - before;
}

test.each([
  [2, 0],
  [2, 3],
  [2, 40],
  [101, 0],
  [101, 3],
  [101, 40],
])(
  '[D12] %i members: plans made with %i messages in each of 50 conversations read no more rows when the history is long',
  async (members, messages) => {
    for (let i = 0; i < 50; i += 1) {
      const other = await conversation(members);
      if (messages > 0) await send(other, messages);
    }
    const id = await conversation(members);
    await newSession();
    await send(id, 1);
    await acknowledge(id, 1);
    const few = {
      send: await rowsRead(() => send(id, 5)),
      acknowledge: await rowsRead(() => acknowledge(id, 6)),
    };
    for (let i = 0; i < 20; i += 1) await send(id, 200);
    await acknowledge(id, 4_006);
    const many = {
      send: await rowsRead(() => send(id, 5)),
      acknowledge: await rowsRead(() => acknowledge(id, 4_011)),
    };
    expect(many.send).toBeLessThanOrEqual(few.send + 5);
    expect(many.acknowledge).toBeLessThanOrEqual(few.acknowledge + 5);
  },
  30_000,
);
