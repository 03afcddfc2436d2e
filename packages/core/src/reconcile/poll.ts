import type { Database } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { LocalConnections } from '../fanout/localConnections';
import { currentPlace, newEntries, type Since } from './statements';

/**
 * Polls PostgreSQL for what lost notifications would have delivered to the users of this node. Entries take the normal
 * path (R3). With `repair`, events without a cursor are replayed too.
 */
export interface Reconciler {
  /**
   * Polls for entries since the last successful poll; with `repair`, also replays events. Never rejects. A call
   * during a poll causes another one. A failed repair is repeated by the next poll.
   */
  run(repair: boolean): Promise<void>;
}

const USERS_PER_QUERY = 500;
/** Longer than any transaction runs, so that a change committed after a poll is found by the next one. */
const OVERLAP_S = 15;

function* inChunks(users: string[]): Iterable<string[]> {
  for (let i = 0; i < users.length; i += USERS_PER_QUERY) yield users.slice(i, i + USERS_PER_QUERY);
}

export function createReconciler(deps: {
  db: Database;
  connections: LocalConnections;
  log: Log;
  repair: (users: string[], since: Since) => Promise<void>;
}): Reconciler {
  const { db, connections } = deps;
  // Successful polls that the overlap still needs, oldest first.
  let polls: Since[] = [];
  /** The users of the last successful poll. */
  let known = new Set<string>();
  let repairWanted = false;
  let again = false;
  let running: Promise<void> | undefined;

  async function poll(): Promise<void> {
    const place = await currentPlace.row(db);
    if (place === undefined) throw new Error('PostgreSQL returned no time');
    const { at } = place;
    const from = (polls.at(-1)?.at ?? at) - OVERLAP_S;
    // A change may be committed after a poll that already saw its position as used.
    const since = { at: from, pos: polls.findLast((one) => one.at <= from)?.pos ?? 0 };
    const withRepair = repairWanted;
    repairWanted = false;
    const users = [...connections.users()];
    try {
      // Users who have connected since the last poll come last and separately: they have not received what was replayed
      // to the others.
      const present = users.filter((userId) => known.has(userId));
      const joined = users.filter((userId) => !known.has(userId));
      for (const chunk of [...inChunks(present), ...inChunks(joined)]) {
        if (withRepair) await deps.repair(chunk, since);
        const entries = await newEntries.rows(db, chunk, since.at, since.pos);
        for (const { userId, conversationId, lastSeq } of entries) {
          for (const one of connections.of(userId)) one.expect(conversationId, lastSeq, undefined);
        }
      }
    } catch (error) {
      repairWanted ||= withRepair;
      throw error;
    }
    const needed = polls.findLastIndex((one) => one.at <= at - OVERLAP_S);
    polls = [...polls.slice(Math.max(0, needed)), place];
    known = new Set(users);
  }

  async function pollWhileRequested(): Promise<void> {
    try {
      while (again) {
        again = false;
        await poll();
      }
    } catch (error) {
      deps.log.warn({ err: error }, 'polling for lost notifications failed; will retry');
    }
    running = undefined;
  }

  return {
    run(repair) {
      repairWanted ||= repair;
      again = true;
      running ??= pollWhileRequested();
      return running;
    },
  };
}
