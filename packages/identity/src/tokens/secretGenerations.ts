import { type Database, sessionStatements } from '@chasqui/db';
import type { Clock, Timer } from '@chasqui/foundation';
import type { SecurityLog } from '../securityLog';
import type { SecretKeys } from './secretKeys';

/** What PostgreSQL remembers of the secrets of the settings: their ids. */
export interface SecretGenerations {
  /**
   * The secret that tokens without a key id belong to: the one that signed when the first server that knows of key ids
   * came up. Servers of the release before store such tokens.
   */
  first(): Promise<string>;
  /** Notes which secret signs now. True when another one did before. */
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

/** Notes the secrets when a server comes up, also when PostgreSQL comes up after it. Returns what stops that. */
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
      // PostgreSQL is away, which others report.
      if (!stopped) timer = clock.setTimeout(() => void note(), RETRY_MS);
    }
  }
  void note();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
