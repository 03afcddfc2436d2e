import type { Database } from './connect';
import { migrations } from './migrations/all';
import { SERVER_FACTS, toServerFacts, whyUnfit } from './serverFitness';
import { sqlState } from './storeErrors';

/** PostgreSQL answers, and cannot be served from. The message names what is missing, and no address. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const READ_ONLY = '25006';

/**
 * Resolves when this version can serve from the database: a server that is fit, the schema of this version or
 * of a later one, writable. @throws NotReadyError, or what the connection throws.
 */
export async function checkReadiness({ query }: Pick<Database, 'query'>): Promise<void> {
  try {
    const text = `${SERVER_FACTS}, ARRAY(SELECT m.name FROM migrations m)`;
    const [row] = await query('readiness', text, []);
    const unfit = whyUnfit(toServerFacts(row));
    if (unfit !== undefined) throw new NotReadyError(unfit);
    const done = new Set<unknown>(Array.isArray(row?.[3]) ? row[3] : []);
    const missing = migrations.filter(({ name }) => !done.has(name));
    if (missing[0] !== undefined) {
      throw new NotReadyError(
        `the schema is not the one of this version: ${missing[0].name} is missing, run npm run migrate`,
      );
    }
    // Finds nothing to change; refused, like any write, by a standby and by a database that is read-only.
    await query('writable', 'UPDATE users SET id = id WHERE false', []);
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
        'the database is read-only: a standby, or default_transaction_read_only',
      );
    }
    throw error;
  }
}
