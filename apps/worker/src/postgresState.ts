import type { Database } from '@pern/db/connect';
import { checkReadiness, NotReadyError } from '@pern/db/readiness';

/** What the last look at PostgreSQL found, for `/healthz`. */
export interface PostgresState {
  postgres: boolean;
  /** Why PostgreSQL answers and cannot be worked with. */
  reason?: string;
}

/** Asks PostgreSQL once. Never rejects. */
export async function postgresState(db: Pick<Database, 'query'>): Promise<PostgresState> {
  try {
    await checkReadiness(db);
    return { postgres: true };
  } catch (error) {
    return error instanceof NotReadyError
      ? { postgres: false, reason: error.message }
      : { postgres: false };
  }
}
