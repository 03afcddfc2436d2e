import { connectDatabase, type Database } from '@chasqui/db';
import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { createTopicPruning } from './topics';

let database: FreshDatabase;
let db: Database;
beforeEach(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url });
  await db.query('', `INSERT INTO topic_logs (name, last_seq) VALUES ('app', 1300)`, []);
  await db.query(
    '',
    `INSERT INTO topic_events (log, seq, id, topics, private, data, published_at)
     SELECT 'app', n, n, '{/news}', false, '', now() - interval '2 hours' * (n <= 1200)::integer
     FROM generate_series(1, 1300) n`,
    [],
  );
});
afterEach(async () => {
  await db.close();
  await database.drop();
});

const rest = async (): Promise<unknown> =>
  (await db.query('', 'SELECT min(seq)::integer, count(*)::integer FROM topic_events', []))[0];

test('one round deletes every expired event and counts them', async () => {
  let pruned = 0;
  const metrics = { topicEventsPruned: (events: number) => void (pruned += events) };
  const stopping = new AbortController().signal;
  await createTopicPruning({ db, metrics, keepMs: 3_600_000, stopping })();
  expect(await rest()).toEqual([1_201, 100]);
  expect(pruned).toBe(1_200);
});

test('a worker that stops begins no further step', async () => {
  const stopping = AbortSignal.abort();
  const metrics = { topicEventsPruned: () => undefined };
  await createTopicPruning({ db, metrics, keepMs: 3_600_000, stopping })();
  expect(await rest()).toEqual([1, 1_300]);
});
