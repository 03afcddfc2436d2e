import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { connectDatabase, type Database, withTransaction } from '../connection/connect';
import {
  bytes,
  column,
  columns,
  flag,
  listOf,
  nullable,
  number,
  oneOf,
  text,
  time,
} from './columns';
import { command, statement } from './statement';
import { inTransaction } from './queriers';

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

test('every column type of PostgreSQL decodes to its type here, once', async () => {
  const everything = statement(
    'everything',
    `SELECT 'ñ'::text, 7::integer, 9007199254740991::bigint, 1.5::float8, true, '\\x00ff'::bytea,
       '2026-01-02T03:04:05.006Z'::timestamptz, NULL::uuid, ARRAY['a', 'b'], 'open'`,
    columns({
      ...{ name: text, count: number, seq: number, share: number, isOpen: flag, key: bytes },
      ...{ at: time, missing: nullable(text), list: listOf(text), state: oneOf('open', 'closed') },
    }),
  );
  expect(await everything.row(db)).toEqual({
    ...{ name: 'ñ', count: 7, seq: Number.MAX_SAFE_INTEGER, share: 1.5, isOpen: true },
    ...{ key: Buffer.from([0, 255]), at: new Date('2026-01-02T03:04:05.006Z') },
    ...{ missing: null, list: ['a', 'b'], state: 'open' },
  });
});

test('rows returns all, row the first or undefined, and values bind by position', async () => {
  const series = statement('series', 'SELECT generate_series($1::int, $2::int)', column(number));
  expect(await series.rows(db, 2, 4)).toEqual([2, 3, 4]);
  expect(await series.row(db, 2, 4)).toBe(2);
  expect(await series.row(db, 1, 0)).toBeUndefined();
});

test('a command resolves with the number of returned rows', async () => {
  const insert = command(
    'insert_keys',
    `INSERT INTO instance SELECT 'command ' || i, '' FROM generate_series(1, $1::int) i RETURNING key`,
  );
  expect(await insert.run(db, 3)).toBe(3);
});

test('a transaction runs statements on its own connection, and rolls them back', async () => {
  const insert = command('insert_key', `INSERT INTO instance VALUES ($1, '')`);
  const count = statement(
    'count_keys',
    'SELECT count(*) FROM instance WHERE key = $1',
    column(number),
  );
  const failed = withTransaction(db, async (transaction) => {
    const on = inTransaction(transaction);
    await insert.run(on, 'rolled back');
    expect(await count.row(on, 'rolled back')).toBe(1);
    expect(await count.row(db, 'rolled back')).toBe(0);
    throw new Error('undo');
  });
  await expect(failed).rejects.toThrow('undo');
  expect(await count.row(db, 'rolled back')).toBe(0);
});

test.each([
  ['text', `SELECT 1, 'x'`, 'column id: expected text, found number'],
  ['null', `SELECT NULL::text, 'x'`, 'column id: expected text, found null'],
  ['width', `SELECT 'a'`, 'expected 2 columns, found 1'],
])(
  'a row that does not fit its decoder is an error that cites the statement and no value (%s)',
  async (what, sql, reason) => {
    const bad = statement(`bad_${what}`, sql, columns({ id: text, secret: text }));
    await expect(bad.rows(db)).rejects.toMatchObject({
      message: `statement bad_${what}: ${reason}`,
    });
  },
);

test('a bigint that a number cannot hold exactly is refused', async () => {
  const large = statement('large', 'SELECT 9007199254740993::bigint', column(number));
  await expect(large.row(db)).rejects.toThrow('statement large: expected a number, found string');
});

test('two statements cannot share a name', () => {
  command('shared', 'SELECT 1');
  expect(() => command('shared', 'SELECT 2')).toThrow('two statements are named shared');
});
