import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openThrowawayStores } from '@chasqui/services';
import { holdStores } from './globalStores';

/**
 * Starts one PostgreSQL and one Redis for the whole run, or uses DATABASE_URL and REDIS_URL. Tests find
 * them in TEST_DATABASE_URL and TEST_REDIS_URL. Started stores stop with this process, even if it is killed.
 */
export default async function globalSetup(): Promise<void> {
  // PG* variables of the shell must not redirect connections of the tests.
  for (const name of Object.keys(process.env))
    if (/^PG[A-Z]+$/.test(name)) delete process.env[name];
  const stores = await openThrowawayStores({
    dataDir: mkdtempSync(path.join(os.tmpdir(), 'chasqui-test-')),
    cacheDir: path.resolve(__dirname, '../../../../node_modules/.cache/chasqui'),
    databaseUrl: process.env.DATABASE_URL,
    redisUrl: process.env.REDIS_URL,
    // Each test file has its own database and pools.
    maxConnections: 300,
  });
  process.env.TEST_DATABASE_URL = stores.databaseUrl;
  process.env.TEST_REDIS_URL = stores.redisUrl;
  holdStores(stores);
}
