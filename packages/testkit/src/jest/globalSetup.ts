import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openThrowawayStores } from '@chasqui/services';
import { holdStores } from './globalStores';

/**
 * Before all tests: one real PostgreSQL and one real Redis for the whole run, told to the tests as
 * TEST_DATABASE_URL and TEST_REDIS_URL. DATABASE_URL and REDIS_URL are used where they are given;
 * what is started here ends with this process, however that ends.
 */
export default async function globalSetup(): Promise<void> {
  // What the shell says of other databases is nothing to ours.
  for (const name of Object.keys(process.env))
    if (/^PG[A-Z]+$/.test(name)) delete process.env[name];
  const stores = await openThrowawayStores({
    dataDir: mkdtempSync(path.join(os.tmpdir(), 'chasqui-test-')),
    cacheDir: path.resolve(__dirname, '../../../../node_modules/.cache/chasqui'),
    databaseUrl: process.env.DATABASE_URL,
    redisUrl: process.env.REDIS_URL,
    // Every test file has a database and pools of its own.
    maxConnections: 300,
  });
  process.env.TEST_DATABASE_URL = stores.databaseUrl;
  process.env.TEST_REDIS_URL = stores.redisUrl;
  holdStores(stores);
}
