import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { connectDatabase, type Database } from './connect';
import { withSnapshot } from './snapshot';

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 4 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const keys = `SELECT count(*)::int FROM instance WHERE key LIKE 'seen %'`;

test('a snapshot does not see later commits', async () => {
  const counts = await withSnapshot(db, 60_000, async ({ query }) => {
    const before = await query('', keys, []);
    await db.query('', `INSERT INTO instance VALUES ('seen later', '')`, []);
    return [before, await query('', keys, [])];
  });
  expect(counts).toEqual([[[0]], [[0]]]);
  expect(await db.query('', keys, [])).toEqual([[1]]);
});

test('a snapshot refuses writes', async () => {
  const write = withSnapshot(db, 60_000, ({ query }) => query('', 'DELETE FROM instance', []));
  await expect(write).rejects.toThrow('read-only');
});

test('PostgreSQL cancels a slow statement, and the connection can be reused', async () => {
  const slow = withSnapshot(db, 50, ({ query }) => query('', 'SELECT pg_sleep(30)', []));
  await expect(slow).rejects.toThrow('statement timeout');
  expect(await db.query('', 'SHOW statement_timeout', [])).toEqual([['10s']]);
  expect(db.pool()).toMatchObject({ using: 0 });
});
