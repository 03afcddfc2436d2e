import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { openThrowawayStores, type Stores } from '@chasqui/services';
import pg from 'pg';
import type { Scope } from './contest';

const root = path.resolve(__dirname, '../../..');

/**
 * Starts PostgreSQL and Redis like `npm start`, with data on disk. Throws when PostgreSQL does not fsync: figures without
 * durability would be meaningless.
 */
export async function openStores(scope: Scope): Promise<Stores & { postgresLog: string }> {
  mkdirSync(path.join(root, '.data'), { recursive: true });
  const dataDir = mkdtempSync(path.join(root, '.data/bench-'));
  const stores = await openThrowawayStores({
    dataDir,
    cacheDir: path.join(root, 'node_modules/.cache/chasqui'),
  });
  scope.onClose(() => stores.close());
  await withClient(stores.databaseUrl, async (client) => {
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await client.query<Record<string, string>>(`SHOW ${name}`);
      if (rows[0]?.[name] !== 'on') throw new Error(`PostgreSQL runs without ${name}`);
    }
  });
  return { ...stores, postgresLog: path.join(dataDir, 'logs/postgres.log') };
}

/** Opens a connection for `work` and closes it afterwards. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
