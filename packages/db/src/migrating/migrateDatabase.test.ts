import { randomUUID } from 'node:crypto';
import net from 'node:net';
import pg from 'pg';
import { until } from '@chasqui/testkit';
import { migrateDatabase } from './migrateDatabase';
import { migrations } from './allMigrations';
import type { Migration } from './migration';

const admin = process.env.TEST_DATABASE_URL ?? '';

async function asking<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string, port = new URL(admin).port): string {
  const url = new URL(admin);
  url.pathname = `/${database}`;
  url.port = port;
  return url.href;
}

/** Messages of a session before its first migration: settings, facts, time-out, lock, table, records. */
const BEFORE_THE_FIRST = 5;

const created: string[] = [];

async function emptyDatabase(options = ''): Promise<string> {
  const name = `chasqui_${randomUUID().replaceAll('-', '')}`;
  await asking(admin, (client) => client.query(`CREATE DATABASE ${name} ${options}`));
  created.push(name);
  return name;
}

async function drop(name: string): Promise<void> {
  await asking(admin, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}

/** Empties a database, even with clients connected. */
async function clear(name: string): Promise<void> {
  await asking(urlOf(name), async (client) => {
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  });
}

afterAll(async () => {
  for (const name of created) await drop(name);
});

/** The content of a schema dump, and the recorded migrations. */
function fingerprint(url: string): Promise<unknown[]> {
  return asking(url, async (client) => {
    const parts = [
      `SELECT table_name, column_name, data_type, is_nullable, column_default, generation_expression
       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
      `SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`,
      `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
      `SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
       WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prolang <>
         (SELECT oid FROM pg_language WHERE lanname = 'c') ORDER BY 1`,
      `SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
       WHERE NOT tgisinternal ORDER BY 1, 2`,
      `SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1`,
      `SELECT key FROM instance ORDER BY 1`,
      `SELECT name FROM migrations ORDER BY 1`,
    ];
    const found: unknown[] = [];
    for (const part of parts) found.push((await client.query(part)).rows);
    return found;
  });
}

/** Proxies a connection and cuts it at its nth message to the server, without notifying either side. */
async function wireThatBreaks(
  nth: number,
): Promise<{ port: string; broke(): boolean; close(): void }> {
  let messages = 0;
  let broken = false;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const target = net.connect(Number(new URL(admin).port), '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.on('data', (bytes: Buffer) => {
        to.write(bytes);
        // Q is a simple query, P one with parameters.
        if (from !== client || !['Q', 'P'].includes(String.fromCharCode(bytes[0] ?? 0))) return;
        messages += 1;
        if (messages !== nth) return;
        broken = true;
        // The server has the statement and cannot report its result.
        client.destroy();
        target.end();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: String(typeof address === 'object' ? address?.port : 0),
    broke: () => broken,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('[D1] the next run completes a migration that was cut off at any statement', async () => {
  const whole = await emptyDatabase();
  await migrateDatabase(urlOf(whole));
  const expected = await fingerprint(urlOf(whole));
  const name = await emptyDatabase();
  const recorded = (): Promise<number> =>
    asking(urlOf(name), async (client) => {
      const found = await client.query<{ it: string | null }>(
        "SELECT to_regclass('migrations')::text AS it",
      );
      if (found.rows[0]?.it === null) return 0;
      return (await client.query('SELECT FROM migrations')).rowCount ?? 0;
    });
  let points = 0;
  let done = 0;
  for (let nth = 1; ; nth += 1) {
    const wire = await wireThatBreaks(nth);
    const cut = await migrateDatabase(urlOf(name, wire.port)).then(
      () => 'done',
      () => 'cut off',
    );
    wire.close();
    if (!wire.broke()) break;
    points += 1;
    expect([nth, cut]).toEqual([nth, 'cut off']);
    await until('the cut session has ended', () =>
      asking(urlOf(name), async (client) => {
        const left = await client.query(
          "SELECT FROM pg_stat_activity WHERE application_name = 'chasqui-migrate' AND datname = $1",
          [name],
        );
        return left.rowCount === 0;
      }),
    );
    const now = await recorded();
    // The cut statement was a commit: continue with the first statement of the next migration.
    if (now > done) nth = BEFORE_THE_FIRST;
    done = now;
  }
  expect(await fingerprint(urlOf(name))).toEqual(expected);
  expect(points).toBeGreaterThan(4 * migrations.length);
});

test('a migration that an older version left unrecorded is recognized and completed', async () => {
  const whole = await emptyDatabase();
  await migrateDatabase(urlOf(whole));
  const expected = await fingerprint(urlOf(whole));
  const name = await emptyDatabase();
  for (const [at, migration] of migrations.slice(0, 13).entries()) {
    await clear(name);
    await migrateDatabase(urlOf(name), { migrations: migrations.slice(0, at), functions: [] });
    await asking(urlOf(name), async (client) => {
      // The older version committed the migration, but not its record.
      const query = (text: string): Promise<unknown> => client.query(text);
      await migration.up({ context: { sequelize: { query } } });
    });
    await migrateDatabase(urlOf(name));
    expect([migration.name, await fingerprint(urlOf(name))]).toEqual([migration.name, expected]);
  }
});

test('tables of other programs are not mistaken for Chasqui’s', async () => {
  const name = await emptyDatabase();
  await asking(urlOf(name), (client) => client.query('CREATE TABLE users (id int)'));
  await expect(migrateDatabase(urlOf(name))).rejects.toThrow(
    /^0001-identity: relation "users" already exists, .*use an empty database/,
  );
  await asking(urlOf(name), (client) => client.query('CREATE SCHEMA own'));
  const ran = await migrateDatabase(`${urlOf(name)}?options=-c%20search_path%3Down`);
  expect(ran).toHaveLength(migrations.length);
});

test('a migration outside a transaction is repeated until it is recorded', async () => {
  const name = await emptyDatabase();
  let attempts = 0;
  const concurrent: Migration = {
    name: '9001-index',
    outsideTransaction: true,
    async up({ context: { sequelize } }) {
      await sequelize.query('DROP INDEX CONCURRENTLY IF EXISTS users_by_name');
      await sequelize.query('CREATE INDEX CONCURRENTLY users_by_name ON users (display_name)');
      attempts += 1;
      if (attempts === 1) throw new Error('killed before the record');
    },
    down: () => Promise.resolve(),
  };
  const list = [...migrations, concurrent];
  await expect(migrateDatabase(urlOf(name), { migrations: list })).rejects.toThrow('killed');
  expect(await migrateDatabase(urlOf(name), { migrations: list })).toEqual(['9001-index']);
  expect(await migrateDatabase(urlOf(name), { migrations: list })).toEqual([]);
});

test('an older version leaves the schema of a newer one unchanged', async () => {
  const name = await emptyDatabase();
  await migrateDatabase(urlOf(name));
  await asking(urlOf(name), (client) =>
    client.query("INSERT INTO migrations VALUES ('9999-later'); DROP FUNCTION begin_sync"),
  );
  expect(await migrateDatabase(urlOf(name))).toEqual([]);
  const found = await asking(urlOf(name), (client) =>
    client.query("SELECT to_regproc('begin_sync') AS it"),
  );
  expect(found.rows).toEqual([{ it: null }]);
});

test('one of two nodes that migrate at once finds nothing to do', async () => {
  const name = await emptyDatabase();
  const ran = await Promise.all([migrateDatabase(urlOf(name)), migrateDatabase(urlOf(name))]);
  expect(ran.map((each) => each.length).sort((a, b) => a - b)).toEqual([0, migrations.length]);
});

test('a session that holds a table lock is named and waited for only for a limited time', async () => {
  const name = await emptyDatabase();
  await migrateDatabase(urlOf(name), { migrations: migrations.slice(0, 9) });
  await asking(`${urlOf(name)}?application_name=backup`, async (client) => {
    await client.query('BEGIN; LOCK TABLE conversations IN ACCESS SHARE MODE');
    const lines: string[] = [];
    const patience = { tableMs: 3_000, say: (line: string) => void lines.push(line) };
    await expect(migrateDatabase(urlOf(name), { patience })).rejects.toThrow(
      /^gave up after 3 s: a lock is held by process \d+ \(backup as \w+, idle in transaction/,
    );
    expect(lines).toHaveLength(1);
    const ran = migrateDatabase(urlOf(name), { patience: { say: patience.say } });
    await until('it waits for the lock again', () => lines.length > 1);
    await client.query('ROLLBACK');
    expect((await ran)[0]).toBe('0010-blocks');
  });
});

test('a database with another encoding is refused before any change', async () => {
  const name = await emptyDatabase("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  await expect(migrateDatabase(urlOf(name))).rejects.toThrow(
    /^the encoding of the database is LATIN1/,
  );
  const tables = await asking(urlOf(name), (client) =>
    client.query("SELECT FROM pg_tables WHERE schemaname = 'public'"),
  );
  expect(tables.rowCount).toBe(0);
});
