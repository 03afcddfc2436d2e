import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { integerArray, textArray, uuidArray } from './binaryArrays';
import { connectDatabase, type Database } from '../connection/connect';

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 1 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

test('PostgreSQL decodes the arrays, including nulls and empty arrays', async () => {
  const ids = [
    '0190a0b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b',
    null,
    'FFFFFFFF-0000-4000-8000-000000000000',
  ];
  const texts = ['plain', '', null, '"quoted", {braces} \\ and ñ 🏃', 'NULL'];
  const numbers = [1, null, -2_147_483_648, 2_147_483_647];
  const [row] = await db.query(
    'echo',
    `SELECT $1::uuid[]::text[], $2::text[], $3::integer[], $4::text[], cardinality($5::uuid[])`,
    [uuidArray(ids), textArray(texts), integerArray(numbers), textArray([]), uuidArray([])],
  );
  const lowered = ids.map((id) => id?.toLowerCase() ?? null);
  expect(row).toEqual([lowered, texts, numbers, [], 0]);
});

test('a number out of range is refused before anything is sent', () => {
  expect(() => integerArray([2_147_483_648])).toThrow('out of range');
});
