import type { ConversationRole, Participant } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import type { Page, PageRequest } from '../paging/page';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import { type Added, addParticipant } from './addParticipant';
import { changeRole } from './changeRole';
import { listParticipants } from './listParticipants';
import { presenceAudience } from './presence/presenceAudience';
import { removeParticipant } from './removeParticipant';
import { sharesConversation } from './presence/sharesConversation';

/**
 * Participants and their roles. Methods that name a conversation throw NotFoundError unless the user is a participant
 * (D9), and those that change a group throw ForbiddenError for a direct conversation or without the necessary role.
 * Every method throws UnavailableError if PostgreSQL does not answer.
 */
export interface Members {
  /** Longest-standing first. Throws ValidationError for an invalid cursor. */
  list(userId: string, conversationId: string, page: PageRequest): Promise<Page<Participant>>;
  /**
   * Adds a user, or invites one who has to be asked first; inviting twice returns the first invitation. Throws
   * ConflictError if they are a participant, NotFoundError for an unknown user, ForbiddenError for a block or a
   * user whom nobody may add, RateLimitError after 200 invitations in 24 hours.
   */
  add(
    userId: string,
    conversationId: string,
    otherId: string,
    role: ConversationRole,
  ): Promise<Added>;
  /** Setting the current role changes nothing. Throws ValidationError for the last admin. */
  changeRole(
    userId: string,
    conversationId: string,
    otherId: string,
    role: ConversationRole,
  ): Promise<Participant>;
  /**
   * Ends a membership or withdraws an invitation; users remove themselves to leave. If the last admin leaves, the
   * longest-standing moderator, else member, becomes admin. A second call throws NotFoundError.
   */
  remove(userId: string, conversationId: string, otherId: string): Promise<void>;
  /** Users who share a direct conversation or a group of up to 100 with this one, without blocked ones (D10). */
  presenceAudience(userId: string): Promise<string[]>;
  /** Those of `otherIds` whose presence the user may see: they share a conversation and neither blocks the other. */
  sharesConversation(userId: string, otherIds: string[]): Promise<Set<string>>;
}

export function createMembers({
  change,
  track,
}: {
  change: ChangeDeps;
  track: TrackOutcome;
}): Members {
  return {
    list: (userId, id, page) => listParticipants(change, userId, id, page),
    add: (userId, id, otherId, role) => track(addParticipant(change, userId, id, otherId, role)),
    changeRole: (userId, id, otherId, role) => track(changeRole(change, userId, id, otherId, role)),
    remove: (userId, id, otherId) => track(removeParticipant(change, userId, id, otherId)),
    presenceAudience: (userId) => presenceAudience(change, userId),
    sharesConversation: (userId, otherIds) => sharesConversation(change, userId, otherIds),
  };
}
