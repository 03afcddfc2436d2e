import type { GuardedClient } from './guardedClient';

/** The lock that several nodes queue for. Every release has used this number. */
const MIGRATION_LOCK = 7_205_759;
/** lock_not_available */
const LOCK_NOT_AVAILABLE = '55P03';

/** How long one try waits for a lock: everybody else who needs the same table waits behind it for as long. */
const TRY_MS = 2_000;

export interface Patience {
  /** For the locks of a migration while others hold them, milliseconds. */
  tableMs: number;
  /** For another node that is migrating, milliseconds. */
  nodeMs: number;
  now(): number;
  say(line: string): void;
}

/** Waits until no other node is migrating. Throws an Error that says which process is. */
export async function takeMigrationLock(client: GuardedClient, patience: Patience): Promise<void> {
  await withPatience(client, patience.nodeMs, patience, HOLDER_OF_MIGRATION_LOCK, () =>
    client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`),
  );
}

/** Runs `work`, one transaction, again and again while others hold the locks that it needs. */
export function whileTablesAreHeld<T>(
  client: GuardedClient,
  patience: Patience,
  work: () => Promise<T>,
): Promise<T> {
  return withPatience(client, patience.tableMs, patience, HOLDERS_OF_TABLES, work);
}

async function withPatience<T>(
  client: GuardedClient,
  limitMs: number,
  { now, say }: Patience,
  holders: string,
  work: () => Promise<T>,
): Promise<T> {
  const began = now();
  let told = '';
  await client.query(`SET lock_timeout = ${TRY_MS}`);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, 'code') !== LOCK_NOT_AVAILABLE) {
        throw error;
      }
      const { rows } = await client.query<{ holder: string }>(holders);
      const holder = rows.map((row) => row.holder).join('; ') || 'a session that has just ended';
      if (now() - began >= limitMs) {
        throw new Error(
          `gave up after ${Math.round(limitMs / 1_000)} s: a lock is held by ${holder}. Nothing was changed; end that session (SELECT pg_terminate_backend(…)) and try again`,
        );
      }
      if (holder !== told) say(`waiting for a lock that is held by ${holder}`);
      told = holder;
    }
  }
}

const HOLDER = `format('process %s (%s as %s, %s, transaction since %s)', a.pid,
  coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(a.usename, '?'),
  coalesce(a.state, 'unknown state'), coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?')) AS holder`;

const HOLDER_OF_MIGRATION_LOCK = `SELECT ${HOLDER}
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = ${Math.floor(MIGRATION_LOCK / 2 ** 32)} AND l.objid = ${MIGRATION_LOCK % 2 ** 32}`;

/** The oldest transactions first: what is seconds old was most likely waiting itself. */
const HOLDERS_OF_TABLES = `SELECT ${HOLDER}
  FROM pg_stat_activity a
  WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.xact_start IS NOT NULL
    AND EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
      WHERE l.pid = a.pid AND l.granted AND c.relnamespace <> 'pg_catalog'::regnamespace)
  ORDER BY a.xact_start LIMIT 3`;
