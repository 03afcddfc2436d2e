import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { connectDatabase, type Database } from '../connection/connect';
import { readFindings, recordFinding } from './findings';

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 2 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

test('findings of all workers add up by source and kind', async () => {
  expect(await readFindings(db, 'sweep')).toEqual({});
  await Promise.all([
    recordFinding(db, 'sweep', 'overdue', 3),
    recordFinding(db, 'sweep', 'overdue', 2),
    recordFinding(db, 'audit', 'gap', 1),
  ]);
  expect(await readFindings(db, 'sweep')).toEqual({ overdue: 5 });
  expect(await readFindings(db, 'audit')).toEqual({ gap: 1 });
});
