import type { GuardedClient } from '../connection/guardedClient';
import { onClient } from '../statements/queriers';
import { holderOfMigrationLock, holdersOfTables, MIGRATION_LOCK } from '../statements/schema';
import type { Statement } from '../statements/statement';

/** lock_not_available */
const LOCK_NOT_AVAILABLE = '55P03';

/** How long one attempt waits for a lock. Every other session that needs the same table waits behind it. */
const TRY_MS = 2_000;

export interface Patience {
  /** How long to wait for table locks that other sessions hold, milliseconds. */
  tableMs: number;
  /** How long to wait for another node that is migrating, milliseconds. */
  nodeMs: number;
  now(): number;
  say(line: string): void;
}

/** Waits until no other node is migrating. Throws an Error that names the process that is. */
export async function takeMigrationLock(client: GuardedClient, patience: Patience): Promise<void> {
  await withPatience(client, patience.nodeMs, patience, holderOfMigrationLock, () =>
    client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`),
  );
}

/** Runs `work`, one transaction, and repeats it while other sessions hold the locks that it needs. */
export function whileTablesAreHeld<T>(
  client: GuardedClient,
  patience: Patience,
  work: () => Promise<T>,
): Promise<T> {
  return withPatience(client, patience.tableMs, patience, holdersOfTables, work);
}

async function withPatience<T>(
  client: GuardedClient,
  limitMs: number,
  { now, say }: Patience,
  holders: Statement<string>,
  work: () => Promise<T>,
): Promise<T> {
  const began = now();
  let lastHolder = '';
  await client.query(`SET lock_timeout = ${TRY_MS}`);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, 'code') !== LOCK_NOT_AVAILABLE) {
        throw error;
      }
      const found = await holders.rows(onClient(client));
      const holder = found.join('; ') || 'a session that has just ended';
      if (now() - began >= limitMs) {
        throw new Error(
          `gave up after ${Math.round(limitMs / 1_000)} s: a lock is held by ${holder}. Nothing was changed; end that session (SELECT pg_terminate_backend(…)) and try again`,
        );
      }
      if (holder !== lastHolder) say(`waiting for a lock held by ${holder}`);
      lastHolder = holder;
    }
  }
}
