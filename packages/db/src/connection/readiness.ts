import { migrations } from '../migrating/allMigrations';
import { whyUnfit } from './serverFitness';
import { serverFactsAndMigrations, writeNothing } from '../statements/instance';
import type { Querier } from '../statements/statement';
import { sqlState } from './errors/storeErrors';

/** PostgreSQL answers, but this version cannot serve from it. The message names the cause, and no address. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const READ_ONLY = '25006';

/**
 * Resolves when this version can serve from the database: the server is fit, the schema is of this version or
 * later, and writes are allowed. @throws NotReadyError, or a connection error.
 */
export async function checkReadiness(on: Querier): Promise<void> {
  try {
    const facts = await serverFactsAndMigrations.row(on);
    const unfit = facts && whyUnfit(facts);
    if (unfit !== undefined) throw new NotReadyError(unfit);
    const done = new Set(facts?.migrations);
    const missing = migrations.filter(({ name }) => !done.has(name));
    if (missing[0] !== undefined) {
      throw new NotReadyError(
        `the schema is older than this version: ${missing[0].name} is missing, run npm run migrate`,
      );
    }
    await writeNothing.run(on);
  } catch (error) {
    const state = sqlState(error);
    if (state === UNDEFINED_TABLE) {
      throw new NotReadyError('the schema is missing: run npm run migrate');
    }
    if (state === INSUFFICIENT_PRIVILEGE) {
      throw new NotReadyError(
        'the role lacks privileges: run npm run migrate -- --grant with its name, as the owner',
      );
    }
    if (state === READ_ONLY) {
      throw new NotReadyError(
        'the database is read-only: point DATABASE_URL at the primary, or reset default_transaction_read_only',
      );
    }
    throw error;
  }
}
