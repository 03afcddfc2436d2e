import pg from 'pg';
import {
  createPeople,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';

// D12, measured by the pages that PostgreSQL reads instead of by time.

let instance: Instance;
let people: People;
beforeAll(async () => {
  // No periodic work during the measurement.
  instance = await openInstance({ worker: false, env: { SWEEP_INTERVAL_MS: '3600000' } });
  people = createPeople(instance);
  // Its reads would be counted, too. Without statistics every plan is the worst case.
  await instance.sql(
    `DO $$ DECLARE name text; BEGIN
       FOR name IN SELECT relname FROM pg_stat_user_tables LOOP
         EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', name);
       END LOOP;
     END $$`,
  );
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

/** Pages of tables and indexes read so far, as reported by connections. */
async function pages(): Promise<number> {
  const [row] = await instance.sql<{ pages: string }>(
    `SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)) AS pages
     FROM pg_statio_user_tables`,
  );
  return Number(row?.pages);
}

/** Runs a statement on a new connection, because a connection reports its reads at the latest when it ends. */
async function fill(text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: instance.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await client.query(text, values);
  await client.end();
  await until('the connection has ended', async () => {
    const left = await instance.sql('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
    return left.length === 0;
  });
}

/** Pages that a server reads from its start to its stop. */
async function pagesRead(work: () => Promise<void>): Promise<number> {
  const [node] = instance.nodes;
  if (!node) throw new Error('no node');
  const stop = async () => {
    await node.program.stop();
    await until('the server has disconnected', async () => {
      const left = await instance.sql(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'chasqui-server'",
      );
      return left.length === 0;
    });
  };
  await stop();
  const before = await pages();
  await node.restart();
  await work();
  await stop();
  const after = await pages();
  await node.restart();
  return after - before;
}

/** Conversations of a user without new entries, as after a sync. */
async function rest(person: Person, other: Person, count: number): Promise<void> {
  await fill(
    `WITH made AS (
       INSERT INTO conversations (id, type, title, created_by, last_seq, version, participant_count)
       SELECT gen_random_uuid(), 'group', 'resting', $1, 1, 1, 2 FROM generate_series(1, $3) RETURNING id, updated_at
     ), entries AS (
       INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
       SELECT id, 1, gen_random_uuid(), 1, $1, 'old', updated_at FROM made
     )
     INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq, read_seq,
       acked_seq, open, from_seq, from_version, from_pos, activity_at)
     SELECT id, u, 'member', updated_at, 1, 1, 1, 1, false, 1, 1, 0, updated_at
     FROM made, unnest(ARRAY[$1, $2]::uuid[]) u`,
    [person.id, other.id, count],
  );
}

/** Entries that every participant has read. */
async function lengthen(id: string, sender: Person, count: number): Promise<void> {
  await fill(
    `WITH counted AS (
       UPDATE conversations SET last_seq = last_seq + $3, version = version + $3 WHERE id = $1
       RETURNING last_seq - $3 AS seq, version - $3 AS version
     ), entries AS (
       INSERT INTO messages (conversation_id, seq, id, version, sender_id, client_message_id, digest, content_encrypted, created_at)
       SELECT $1, c.seq + i, gen_random_uuid(), c.version + i, $2, 'old ' || c.seq + i, '\\x00', 'old', now()
       FROM counted c, generate_series(1, $3) i
     )
     UPDATE participants SET delivered_seq = delivered_seq + $3, read_seq = read_seq + $3, acked_seq = acked_seq + $3,
       cursors = coalesce((SELECT jsonb_object_agg(key, value::bigint + $3) FROM jsonb_each_text(cursors)), '{}')
     WHERE conversation_id = $1`,
    [id, sender.id, count],
  );
}

/** Typical use: a connection, a few sends, acknowledgements, a sync. */
async function day(ana: Person, ben: Person, id: string): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const [one, two] = [ana.device({ deviceId: 'phone' }), ben.device({ deviceId: 'phone' })];
    await one.connect();
    await two.connect();
    await one.drained();
    await two.drained();
    const { cursor } = (await ben.call('readSync')).body;
    for (let n = 0; n < 10; n++) await one.send(id, 'hello');
    await until('all messages arrived', () => two.received('chat:message_received').length === 10);
    const last = two.entries(id).at(-1)?.seq ?? 0;
    expect((await two.read(id, last)).success).toBe(true);
    const { messages } = (await ben.call('readSync', { query: { cursor } })).body;
    expect(messages).toHaveLength(10);
    one.disconnect();
    two.disconnect();
  }
}

/** Ten times the data may make an index one page deeper, but no more. */
const within = (pages: number) => 2 * pages + 500;

test('[D12] connecting, sending, acknowledging and syncing cost the same with 10,000 idle conversations as with 1,000', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  // Without any data every index is one page.
  await rest(ana, ben, 1_000);
  await day(ana, ben, id);
  const few = await pagesRead(() => day(ana, ben, id));
  await rest(ana, ben, 9_000);
  await day(ana, ben, id);
  const many = await pagesRead(() => day(ana, ben, id));
  expect(many).toBeLessThan(within(few));
});

test('[D12] they cost the same at the end of a history of 20,000 entries, even with plans made before it', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  // Without any data every index is one page.
  await lengthen(id, ana, 1_000);
  await day(ana, ben, id);
  const short = await pagesRead(() => day(ana, ben, id));
  let making = 0;
  const long = await pagesRead(async () => {
    await day(ana, ben, id);
    const before = await pages();
    await lengthen(id, ana, 20_000);
    making = (await pages()) - before;
    await day(ana, ben, id);
  });
  expect(long - making).toBeLessThan(within(2 * short));
  const after = await pagesRead(() => day(ana, ben, id));
  expect(after).toBeLessThan(within(short));
});

test('[D12] the cost of a list depends on its page, that of a status on the number of recipients', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const message = await ana.send(id, 'hello');
  const look = async () => {
    for (let i = 0; i < 5; i++) {
      await ana.call('listConversations', { query: { limit: 1 } });
      await ana.call('readHistory', { params: { conversationId: id }, query: { limit: 1 } });
      await ana.call('readStatus', { params: { messageId: message.id } });
      await ana.conversation(id);
    }
  };
  await rest(ana, ben, 1_000);
  await lengthen(id, ana, 1_000);
  const few = await pagesRead(look);
  await rest(ana, ben, 9_000);
  await lengthen(id, ana, 9_000);
  const many = await pagesRead(look);
  expect(many).toBeLessThan(within(few));
});
