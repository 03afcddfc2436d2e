import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import pg from 'pg';
import { connectDatabase, withTransaction, type Database } from './connect';
import { migrateDatabase } from '../migrating/migrateDatabase';

let database: FreshDatabase;
const name = (): string => new URL(database.url).pathname.slice(1);

beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

async function configure(settings: Readonly<Record<string, string>>): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const [setting, value] of Object.entries(settings)) {
    await client.query(`ALTER DATABASE ${name()} SET ${setting} = '${value}'`);
  }
  await client.end();
}

async function withDatabase(work: (db: Database) => Promise<void>, query = ''): Promise<void> {
  const db = connectDatabase({ url: `${database.url}${query}`, poolMax: 2 });
  try {
    await work(db);
  } finally {
    await db.close();
  }
}

const show = async (db: Database, setting: string): Promise<unknown> =>
  (await db.query('', `SELECT current_setting('${setting}')`, []))[0]?.[0];

test('[D1] the configuration of a database does not change the pinned settings', async () => {
  const others = {
    default_transaction_isolation: ['serializable', 'read committed'],
    default_transaction_deferrable: ['on', 'off'],
    synchronous_commit: ['off', 'on'],
    statement_timeout: ['500ms', '10s'],
    lock_timeout: ['1ms', '4s'],
    idle_in_transaction_session_timeout: ['1ms', '30s'],
    idle_session_timeout: ['100ms', '0'],
    transaction_timeout: ['100ms', '0'],
    TimeZone: ['Asia/Kathmandu', 'UTC'],
    DateStyle: ['German, DMY', 'ISO, MDY'],
    IntervalStyle: ['iso_8601', 'postgres'],
    bytea_output: ['escape', 'hex'],
    extra_float_digits: ['-15', '1'],
    standard_conforming_strings: ['off', 'on'],
    transform_null_equals: ['on', 'off'],
    plan_cache_mode: ['force_generic_plan', 'force_custom_plan'],
    enable_indexscan: ['off', 'on'],
    enable_nestloop: ['off', 'on'],
    enable_seqscan: ['on', 'off'],
    gin_fuzzy_search_limit: ['1', '0'],
  } as const;
  await configure(Object.fromEntries(Object.entries(others).map(([key, [set]]) => [key, set])));
  await withDatabase(async (db) => {
    for (const [setting, [, pinned]] of Object.entries(others)) {
      expect([setting, await show(db, setting)]).toEqual([setting, pinned]);
    }
    const level = await withTransaction(db, (transaction) =>
      db.sequelize.query('SHOW transaction_isolation', { transaction }),
    );
    expect(JSON.stringify(level)).toContain('read committed');
  });
  await migrateDatabase(database.url);
});

test('a synchronous_commit that waits for other servers is kept', async () => {
  await configure({ synchronous_commit: 'remote_write' });
  await withDatabase(async (db) => {
    expect(await show(db, 'synchronous_commit')).toBe('remote_write');
  });
});

test('options of the URL are combined with the pinned settings', async () => {
  await withDatabase(async (db) => {
    expect(await show(db, 'search_path')).toBe('own,public');
    expect(await show(db, 'enable_seqscan')).toBe('off');
  }, '?options=-c%20search_path%3Down,public%20-c%20enable_seqscan%3Don');
});

test('PG variables of the shell are ignored', async () => {
  const set = {
    PGOPTIONS: '-c search_path=elsewhere -c default_transaction_read_only=on',
    PGAPPNAME: 'somebody',
    PGREPLICATION: 'database',
    PGCLIENTENCODING: 'LATIN1',
    PGTZ: 'Asia/Kathmandu',
    PGDATESTYLE: 'German',
    PGHOST: '192.0.2.1',
    PGPORT: '1',
    PGUSER: 'nobody',
    PGPASSWORD: 'wrong',
    PGDATABASE: 'none',
    PGSERVICE: 'none',
    PGPASSFILE: '/nonexistent',
  };
  const before = { ...process.env };
  Object.assign(process.env, set);
  try {
    await withDatabase(async (db) => {
      expect(await show(db, 'search_path')).toBe('"$user", public');
      expect(await show(db, 'application_name')).toBe('chasqui');
      expect(await show(db, 'client_encoding')).toBe('UTF8');
      expect(await show(db, 'transaction_read_only')).toBe('off');
    });
    await migrateDatabase(database.url);
  } finally {
    for (const key of Object.keys(set)) {
      if (before[key] === undefined) delete process.env[key];
      else process.env[key] = before[key];
    }
  }
});
