import { freshDatabase, type FreshDatabase } from '@chasqui/testkit';
import { Client } from 'pg';
import pg from 'pg/package.json';

// With another version of pg, compare the members that guardedClient.ts uses with its source.

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('the installed version of pg is the one with which its private members were checked', () => {
  expect(pg.version).toBe('8.23.1');
});

test('a client of pg has the members that the guarded client uses', async () => {
  const client = new Client({ connectionString: database.url });
  for (const member of ['connection', 'connectionParameters', 'replication', 'ssl']) {
    expect([member, member in client]).toEqual([member, true]);
  }
  const connection: unknown = Reflect.get(client, 'connection');
  for (const member of ['stream', 'ssl']) {
    expect([member, member in Object(connection)]).toEqual([member, true]);
  }
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(Reflect.get(client, 'processID')).toBe(rows[0]?.pid);
    expect(Reflect.get(client, 'readyForQuery')).toBe(true);
  } finally {
    await client.end();
  }
});
