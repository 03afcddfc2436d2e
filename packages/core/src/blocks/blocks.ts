import type { Block } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import type { Page, PageRequest } from '../paging/page';
import { blockUser, unblockUser } from './blockUser';
import { listBlocks } from './listBlocks';

/** Blocks between users. Every method throws UnavailableError if PostgreSQL does not answer. */
export interface Blocks {
  /**
   * From the commit on, the two exchange no direct messages, presence or typing. Sends that were acknowledged before
   * stay. A second call changes nothing. Throws ValidationError for oneself, NotFoundError for an unknown user.
   */
  block(userId: string, otherId: string): Promise<{ changed: boolean }>;
  /** Removes the user's own block; a block in the other direction stays. A second call changes nothing. */
  unblock(userId: string, otherId: string): Promise<{ changed: boolean }>;
  /** The users that this one blocks, latest block first. Throws ValidationError for an invalid cursor. */
  list(userId: string, page: PageRequest): Promise<Page<Block>>;
}

export function createBlocks({
  change,
  track,
}: {
  change: ChangeDeps;
  track: TrackOutcome;
}): Blocks {
  return {
    block: (userId, otherId) => track(blockUser(change, userId, otherId)),
    unblock: (userId, otherId) => track(unblockUser(change, userId, otherId)),
    list: (userId, page) => listBlocks(change, userId, page),
  };
}
