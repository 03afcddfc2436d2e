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

/** The names of ADMIN_USERNAMES as user names are compared. Nobody can register them. */
export function reservedUsernames(usernames: readonly string[]): ReadonlySet<string> {
  return new Set(usernames.map((name) => name.toLowerCase()));
}

/**
 * Makes admins of those users who have one of these names now, and keep a role that they have. Asks until PostgreSQL
 * answers; resolves when it did, or after two seconds. `stop` ends the asking.
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
