import type { Database } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { LocalConnections } from '../fanout/localConnections';
import { MARGIN, NEWS, type Since } from './changedSince';

/**
 * What hints would have told, read from PostgreSQL for the users of this node: the same path as ever
 * for entries (R3), and by `repair` the events that have no cursor.
 */
export interface Recheck {
  /**
   * Looks for entries since the last look that went well; with `repair` also for what events would have
   * told. Never rejects. A call during a look is followed by another one; a repair that fails is made
   * up for by the next look.
   */
  run(repair: boolean): Promise<void>;
}

const USERS_PER_QUERY = 500;
/** Longer than a transaction runs: what commits later than it wrote is still found. */
const OVERLAP_S = 15;

const NOW = `SELECT extract(epoch FROM clock_timestamp())::float8, (SELECT last_value FROM change_pos)::float8`;
const NEW_ENTRIES = `SELECT w.user_id, w.conversation_id, c.last_seq::float8
  FROM (${NEWS}) w JOIN conversations c ON c.id = w.conversation_id
  WHERE c.updated_at > ${MARGIN}`;

export function createRecheck(deps: {
  db: Database;
  connections: LocalConnections;
  log: Log;
  repair: (users: string[], since: Since) => Promise<void>;
}): Recheck {
  const { db, connections } = deps;
  // Looks that went well, oldest first; those that the overlap still needs.
  let looks: { at: number; pos: number }[] = [];
  let repairWanted = false;
  let again = false;
  let running: Promise<void> | undefined;

  async function look(): Promise<void> {
    const [row] = await db.query('now', NOW, []);
    const [at, pos] = row as [number, number];
    const from = (looks.at(-1)?.at ?? at) - OVERLAP_S;
    // A position that was given out may have been committed after the look that saw it.
    const since = { at: from, pos: looks.findLast((one) => one.at <= from)?.pos ?? 0 };
    const withRepair = repairWanted;
    repairWanted = false;
    try {
      const users = [...connections.users()];
      for (let i = 0; i < users.length; i += USERS_PER_QUERY) {
        const chunk = users.slice(i, i + USERS_PER_QUERY);
        if (withRepair) await deps.repair(chunk, since);
        const rows = await db.query('recheck_entries', NEW_ENTRIES, [chunk, since.at, since.pos]);
        for (const [userId, conversationId, lastSeq] of rows as [string, string, number][]) {
          for (const one of connections.of(userId)) one.expect(conversationId, lastSeq, undefined);
        }
      }
    } catch (error) {
      repairWanted ||= withRepair;
      throw error;
    }
    const needed = looks.findLastIndex((one) => one.at <= at - OVERLAP_S);
    looks = [...looks.slice(Math.max(0, needed)), { at, pos }];
  }

  async function lookWhileAsked(): Promise<void> {
    try {
      while (again) {
        again = false;
        await look();
      }
    } catch (error) {
      deps.log.warn({ err: error }, 'looking for missed hints failed; will look again');
    }
    running = undefined;
  }

  return {
    run(repair) {
      repairWanted ||= repair;
      again = true;
      running ??= lookWhileAsked();
      return running;
    },
  };
}
