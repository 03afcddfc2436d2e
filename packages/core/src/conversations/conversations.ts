import type { Conversation } from '@chasqui/protocol';
import type { Page, PageRequest } from '../paging/page';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import { changeConversation, type ConversationChange } from './changeConversation';
import type { ChangeDeps } from './changeDeps';
import { createDirect } from './createDirect';
import { createGroup, findOrCreateGroup, type GroupRequest } from './group/createGroup';
import { listConversations } from './read/listConversations';
import { readConversation } from './read/readConversation';

/** Creating, changing and reading conversations. Every method throws UnavailableError if PostgreSQL does not answer. */
export interface Conversations {
  /**
   * Returns the direct conversation of two users, creating it if there is none; concurrent calls on any node get
   * the same one, and exactly one reports `created`. Throws ValidationError for a conversation with oneself,
   * NotFoundError for an unknown user, ForbiddenError if one user blocks the other or accepts messages from nobody,
   * RateLimitError after 20 contact requests in 24 hours.
   */
  createDirect(
    userId: string,
    otherId: string,
  ): Promise<{ conversation: Conversation; created: boolean }>;
  /**
   * Creates a group with `userId` as admin; a second call creates a second group. Users who must consent first
   * are invited. Throws NotFoundError for unknown users, ForbiddenError for a block or a user whom nobody may add,
   * ValidationError above 3,000 users, RateLimitError after 200 invitations in 24 hours.
   */
  createGroup(userId: string, title: string, participantIds: string[]): Promise<Conversation>;
  /**
   * The same, but idempotent: a second call with the same user and `clientId` returns the first group in its
   * current state. Throws NotFoundError if the user has left that group.
   */
  findOrCreateGroup(
    request: GroupRequest,
  ): Promise<{ conversation: Conversation; created: boolean }>;
  /** The user's conversations, latest activity first. Throws ValidationError for an invalid cursor. */
  list(userId: string, page: PageRequest): Promise<Page<Conversation>>;
  /** With all participants up to 100. Throws NotFoundError unless the user is a participant (D9). */
  read(userId: string, conversationId: string): Promise<Conversation>;
  /**
   * Changes title and retention, all or nothing; values that are already set change nothing. Throws NotFoundError
   * unless the user is a participant (D9), ForbiddenError without the necessary role, ValidationError for a
   * retention above the instance's limit.
   */
  change(userId: string, conversationId: string, change: ConversationChange): Promise<Conversation>;
}

interface ConversationsDeps {
  change: ChangeDeps;
  track: TrackOutcome;
  /** Longest retention that the instance allows, seconds; null: unlimited. */
  maxRetentionS: number | null;
}

export function createConversations({
  change: deps,
  track,
  maxRetentionS,
}: ConversationsDeps): Conversations {
  return {
    createDirect: (userId, otherId) => track(createDirect(deps, userId, otherId)),
    createGroup: (userId, title, ids) => track(createGroup(deps, userId, title, ids)),
    findOrCreateGroup: (request) => track(findOrCreateGroup(deps, request)),
    list: (userId, page) => listConversations(deps, userId, page),
    read: (userId, id) => readConversation(deps, userId, id),
    change: (userId, id, change) =>
      track(changeConversation({ ...deps, maxRetentionS }, userId, id, change)),
  };
}
