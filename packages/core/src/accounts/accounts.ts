import type { Clock } from '@chasqui/foundation';
import type { ExportRecord } from '@chasqui/protocol';
import { exportRequests } from '../consent/requests/exportRequests';
import type { ChangeDeps } from '../conversations/changeDeps';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import { exportConversations } from './exportConversations';
import { finishDeletion } from './finishDeletion';

/** A user's data as a whole. Every method throws UnavailableError if PostgreSQL does not answer. */
export interface Accounts {
  /** Pages of the requests that a user received and sent, each read when it is taken. */
  exportRequests(userId: string): AsyncGenerator<ExportRecord[]>;
  /**
   * Pages of every conversation that the user may read, then of the user's own messages in groups they have left.
   * Each page is read when it is taken.
   */
  exportConversations(userId: string): AsyncGenerator<ExportRecord[]>;
  /**
   * Continues the deletion of an account for at most about `withinMs` milliseconds; resolves with whether it is
   * complete. A worker continues an incomplete one. Calls may repeat and overlap.
   */
  finishDeletion(userId: string, withinMs: number): Promise<boolean>;
}

interface AccountsDeps {
  change: ChangeDeps;
  track: TrackOutcome;
  clock: Clock;
  /** Announces the unread counts of a conversation after a deletion. Never rejects. */
  recountUnread: (conversationId: string) => Promise<void>;
}

export function createAccounts({ change, track, clock, recountUnread }: AccountsDeps): Accounts {
  return {
    exportRequests: (userId) => exportRequests(change.db, userId),
    exportConversations: (userId) => exportConversations(change.db, userId),
    finishDeletion(userId, withinMs) {
      const end = clock.now() + withinMs;
      const deps = { ...change, recountUnread, isOver: () => clock.now() >= end };
      return track(finishDeletion(deps, userId));
    },
  };
}
