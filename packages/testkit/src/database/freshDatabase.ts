import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { functions, migrateDatabase, migrations } from '@chasqui/db';

export interface FreshDatabase {
  url: string;
  /** Drops it, even with open connections. */
  drop(): Promise<void>;
}

// An arbitrary, otherwise unused number: test files create the template one at a time.
const TEMPLATE_LOCK = 7_205_760;

/** A private, migrated database, cloned from a template that is created once. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const admin = process.env.TEST_DATABASE_URL;
  if (admin === undefined) throw new Error('TEST_DATABASE_URL is missing');
  const name = `chasqui_${randomUUID().replaceAll('-', '')}`;
  await withAdmin(admin, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const template = await migratedTemplate(admin, client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return databaseAt(admin, name);
}

/** A database without a schema. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  const admin = process.env.TEST_DATABASE_URL;
  if (admin === undefined) throw new Error('TEST_DATABASE_URL is missing');
  const name = `chasqui_${randomUUID().replaceAll('-', '')}`;
  await withAdmin(admin, async (client) => {
    await client.query(`CREATE DATABASE ${name}`);
  });
  return databaseAt(admin, name);
}

function databaseAt(admin: string, name: string): FreshDatabase {
  return {
    url: urlOf(admin, name),
    drop: () =>
      withAdmin(admin, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/** The name contains a hash of the schema, so a template of an older version is never used. */
async function migratedTemplate(admin: string, client: pg.Client): Promise<string> {
  const schema = [...migrations.map(({ name, up }) => name + up.toString()), ...functions].join(
    '\n',
  );
  const template = `chasqui_template_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`;
  const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
  if (found.rowCount === 0) {
    const unfinished = `${template}_unfinished`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    await migrateDatabase(urlOf(admin, unfinished));
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  }
  return template;
}

async function withAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(admin: string, database: string): string {
  const url = new URL(admin);
  url.pathname = `/${database}`;
  return url.href;
}
