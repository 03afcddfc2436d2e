import { randomUUID } from 'node:crypto';
import { checkReadiness, connectDatabase, migrateDatabase } from '@chasqui/db';
import { createMigrator } from '@chasqui/db/testing';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { startNode, type Node } from '../../startNode';

let fixture: ServerFixture<Node>;

async function sql(text: string): Promise<void> {
  const client = createMigrator(fixture.database.url);
  await client.connect();
  await client.query(text);
  await client.end();
}

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open();
});
afterAll(() => fixture.close());

/** Waits until the node is ready, or not ready for this reason. */
function becomes(reason: RegExp | undefined): Promise<unknown> {
  const http = fixture.httpOf();
  return until(`the reason is ${String(reason)}`, async () => {
    const reply = await http('GET', '/readyz');
    const body = reply.body as { status: string; postgres: string; reason?: string };
    if (reason === undefined) return reply.status === 200 && body.reason === undefined;
    expect(reply.status === 503).toBe(body.postgres === 'down');
    return reply.status === 503 && reason.test(body.reason ?? '');
  });
}

test('a node is not ready if the schema is not that of its version', async () => {
  await becomes(undefined);
  await sql("DELETE FROM migrations WHERE name = '0012-retention'");
  await becomes(/0012-retention is missing, run npm run migrate/);
  await sql("INSERT INTO migrations VALUES ('0012-retention'), ('9999-later')");
  await becomes(undefined);
  await sql('ALTER TABLE migrations RENAME TO elsewhere');
  await becomes(/the schema is missing: run npm run migrate/);
  await sql('ALTER TABLE elsewhere RENAME TO migrations');
  await becomes(undefined);
});

test('a node is not ready on a read-only database, and recovers by itself', async () => {
  const name = new URL(fixture.database.url).pathname.slice(1);
  await sql(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  await becomes(/the database is read-only/);
  await sql(`BEGIN READ WRITE; ALTER DATABASE ${name} RESET default_transaction_read_only; COMMIT`);
  // Sessions from before the reset are still read-only, so none may be kept.
  await becomes(undefined);
});

test('a node is not ready if its role lacks privileges, until they are granted', async () => {
  const role = `plain_${randomUUID().slice(0, 8)}`;
  await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'`);
  const url = new URL(fixture.database.url);
  [url.username, url.password] = [role, 'plain'];
  const db = connectDatabase({ url: url.href, poolMax: 1 });
  try {
    await expect(checkReadiness(db)).rejects.toThrow(/the role lacks privileges/);
    await migrateDatabase(fixture.database.url, { grantTo: { name: role } });
    await expect(checkReadiness(db)).resolves.toBeUndefined();
  } finally {
    await db.close();
    await sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('one refused write ends every idle connection to that server', async () => {
  const db = connectDatabase({ url: fixture.database.url, poolMax: 4 });
  await Promise.all([1, 2, 3, 4].map(() => db.query('', 'SELECT pg_sleep(0.2)', [])));
  expect(db.pool().size).toBe(4);
  await expect(db.sequelize.query('BEGIN READ ONLY; DELETE FROM findings; COMMIT')).rejects.toThrow(
    'read-only',
  );
  await until('all are gone', () => db.pool().size === 0);
  await db.close();
});
