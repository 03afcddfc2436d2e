import { releaseStores } from './globalStores';

/** After all tests: ends what globalSetup started. */
export default async function globalTeardown(): Promise<void> {
  await releaseStores();
}
