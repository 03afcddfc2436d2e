import { type Database, roleStatements } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import type { SecurityLog } from '../securityLog';

const AGAIN_MS = 1_000;
/** A database that does not answer must not keep the server from starting (D11). */
const AWAITED_MS = 2_000;

interface Deps {
  db: Database;
  clock: Clock;
  log: Log;
  securityLog: SecurityLog;
}

/** The names of ADMIN_USERNAMES in normalized form. They cannot be registered. */
export function reservedUsernames(usernames: readonly string[]): ReadonlySet<string> {
  return new Set(usernames.map((name) => name.toLowerCase()));
}

/**
 * Grants the admin role to existing users with these names; other roles are kept. Retries until
 * PostgreSQL answers. `settled` resolves on success or after two seconds; `stop` ends the retries.
 */
export function grantConfiguredAdmins(
  { db, clock, log, securityLog }: Deps,
  names: ReadonlySet<string>,
): { settled: Promise<void>; stop: () => void } {
  if (names.size === 0) return { settled: Promise.resolve(), stop: () => undefined };
  let stopped = false;
  let failing = false;

  async function grant(): Promise<void> {
    for (const userId of await roleStatements.grantAdminByName.rows(db, [...names])) {
      securityLog.record({ event: 'role_granted', userId, role: 'admin', actor: 'setting' });
    }
  }

  const settled = new Promise<void>((resolve) => {
    const limit = clock.setTimeout(resolve, AWAITED_MS);
    const attempt = (): void => {
      grant().then(
        () => {
          limit.cancel();
          resolve();
        },
        (error: unknown) => {
          if (!failing) log.warn({ err: error }, 'ADMIN_USERNAMES not applied yet; retrying');
          failing = true;
          if (!stopped) clock.setTimeout(attempt, AGAIN_MS);
        },
      );
    };
    attempt();
  });
  return { settled, stop: () => void (stopped = true) };
}
