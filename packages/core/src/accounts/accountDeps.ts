import type { ConversationDeps } from '../conversations/conversationDeps';

/** What taking an account apart needs from outside. */
export interface AccountDeps extends ConversationDeps {
  /** Messages were erased: the members are told how many are unread. Never throws. */
  countAgain: (conversationId: string) => Promise<void>;
  /** Whether it is to stop and to be gone on with later. */
  isOver: () => boolean;
}
