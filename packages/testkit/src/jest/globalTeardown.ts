import { releaseStores } from './globalStores';

/** Stops the stores that globalSetup started. */
export default async function globalTeardown(): Promise<void> {
  await releaseStores();
}
