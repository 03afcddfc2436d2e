import { type Database, sessionStatements } from '@chasqui/db';
import type { Clock, Timer } from '@chasqui/foundation';
import type { SecurityLog } from '../securityLog';
import type { SecretKeys } from './secretKeys';

/** The ids of signing secrets recorded in PostgreSQL. */
export interface SecretGenerations {
  /**
   * The secret of tokens without a key id: the signing secret when the first server with key ids
   * started. Servers of the previous release store such tokens.
   */
  first(): Promise<string>;
  /** Records the current signing secret. True if it differs from the previous one. */
  recordSigning(): Promise<boolean>;
}

const FIRST = 'first_secret_id';
const SIGNING = 'signing_secret_id';

export function createSecretGenerations(
  db: Database,
  { signing: { id } }: SecretKeys,
): SecretGenerations {
  let known: string | undefined;
  return {
    async first() {
      if (known !== undefined) return known;
      await sessionStatements.rememberSecretId.run(db, FIRST, id);
      const first = await sessionStatements.secretId.row(db, FIRST);
      if (first === undefined) throw new Error('the id of the first secret was not stored');
      known = first;
      return first;
    },
    async recordSigning() {
      await sessionStatements.rememberSecretId.run(db, SIGNING, id);
      return (await sessionStatements.changeSecretId.run(db, SIGNING, id)) > 0;
    },
  };
}

const RETRY_MS = 10_000;

interface NotingDeps {
  secrets: SecretGenerations;
  securityLog: SecurityLog;
  clock: Pick<Clock, 'setTimeout'>;
}

/**
 * Records the signing secret at start, retrying until PostgreSQL is up. Returns a function that
 * stops it.
 */
export function recordSigningSecret({ secrets, securityLog, clock }: NotingDeps): () => void {
  let timer: Timer | undefined;
  let stopped = false;
  async function note(): Promise<void> {
    try {
      await secrets.first();
      if (await secrets.recordSigning()) {
        securityLog.record({ event: 'keys_rotated', actor: 'setting' });
      }
    } catch {
      // PostgreSQL is down; that is reported elsewhere.
      if (!stopped) timer = clock.setTimeout(() => void note(), RETRY_MS);
    }
  }
  void note();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
