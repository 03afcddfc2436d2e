import { checkReadiness, type Database, NotReadyError } from '@chasqui/db';

/** The result of the last check of PostgreSQL, for `/healthz`. */
export interface PostgresState {
  postgres: boolean;
  /** Why PostgreSQL cannot be used although it answers. */
  reason?: string;
}

/** Checks PostgreSQL once. Never rejects. */
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
