import type { Bar, ConversationRole } from '@chasqui/protocol';
import type { StoredReaction } from './reactions/storedReactions';

/** A message as `decide` receives it, with its conversation and the user's role. */
export interface MessageSubject {
  id: string;
  conversationId: string;
  conversationType: 'direct' | 'group';
  /** Why the conversation takes no new messages (blocks/barred.ts). */
  barred: Bar | null;
  /** Whether the requested user has not accepted the conversation yet. */
  requested: boolean;
  seq: number;
  kind: string;
  senderId: string;
  /** A tombstone, or older than its retention. */
  deleted: boolean;
  content: string | null;
  reactions: StoredReaction[] | null;
  /** Role of the user who makes the change. */
  role: ConversationRole;
}
