import { randomUUID } from 'node:crypto';
import { migrateDatabase } from '@chasqui/db';
import {
  createPeople,
  emptyDatabase,
  type FreshDatabase,
  type Instance,
  openInstance,
  type People,
  until,
} from '@chasqui/testkit';

// Server and worker log in as a role that can read and write rows but owns nothing.

const role = `plain_${randomUUID().slice(0, 8)}`;
let database: FreshDatabase;
let instance: Instance;
let people: People;

beforeAll(async () => {
  database = await emptyDatabase();
  await migrateDatabase(database.url, { grantTo: { name: role, password: 'pl%in\'"role' } });
  const url = new URL(database.url);
  url.username = role;
  url.password = encodeURIComponent('pl%in\'"role');
  instance = await openInstance({ databaseUrl: url.href });
  people = createPeople(instance);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
  await migrateDatabase(database.url, { functions: [`DROP OWNED BY ${role}`] });
  await migrateDatabase(database.url, { functions: [`DROP ROLE ${role}`] });
  await database.drop();
});

test('every operation works: write, read, edit, react, leave and account deletion', async () => {
  const { ana, ben, cem } = await people.registerAll('ana', 'ben', 'cem');
  const group = await people.group(ana, ben, cem);
  const device = ben.device();
  await device.connect();
  const sent = await ana.send(group.id, 'all is granted');
  await until('the message has arrived', async () =>
    (await ben.history(group.id)).some(({ id }) => id === sent.id),
  );
  device.disconnect();
  // A message for an offline device uses deliveries, receipts and the worker's jobs.
  await ana.send(group.id, 'while ben is away');
  await device.connect();
  expect((await ana.call('deleteMe', { body: { password: ana.password } })).status).toBe(204);
  await until('the account is gone', async () => (await ana.refused('readMe')).status === 401);
  const ready = await fetch(`${instance.url()}/readyz`);
  expect(await ready.json()).toMatchObject({ status: 'ok', postgres: 'ok' });
});

test.each([
  'CREATE TABLE more (id int)',
  'ALTER TABLE messages ADD COLUMN more int',
  'DROP TABLE messages',
  'TRUNCATE messages',
  'CREATE FUNCTION more() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE SCHEMA more',
  'CREATE ROLE more',
  'CREATE DATABASE more',
  "INSERT INTO migrations VALUES ('9999-more')",
  'SET session_replication_role = replica',
  "COPY messages TO PROGRAM 'cat'",
  'SELECT pg_read_file($$PG_VERSION$$)',
])('the role is refused %s', async (statement) => {
  await expect(instance.sql(statement)).rejects.toMatchObject({
    code: expect.stringMatching(/^42501$/) as string,
  });
});

test('objects of later migrations are granted as well', async () => {
  await migrateDatabase(database.url, {
    migrations: [
      {
        name: '9999-later',
        up: async ({ context }) => {
          await context.sequelize.query('CREATE TABLE later (id bigserial PRIMARY KEY, note text)');
        },
        down: async () => undefined,
      },
    ],
    functions: [],
  });
  await instance.sql("INSERT INTO later (note) VALUES ('granted')");
  expect(await instance.sql('SELECT id, note FROM later')).toEqual([{ id: '1', note: 'granted' }]);
});

test('a privileged or missing role is refused with a one-line error', async () => {
  const grant = (name: string) => migrateDatabase(database.url, { grantTo: { name } });
  await expect(grant('nobody_of_this_name')).rejects.toThrow(/does not exist: create it/);
  await expect(grant(decodeURIComponent(new URL(database.url).username))).rejects.toThrow(
    /is a superuser/,
  );
});
