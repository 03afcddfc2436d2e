import type { ChangeDeps } from '../conversations/changeDeps';

/** Everything that deleting an account depends on. */
export interface AccountDeps extends ChangeDeps {
  /** Announces the unread counts of a conversation after messages were erased. Never rejects. */
  recountUnread: (conversationId: string) => Promise<void>;
  /** Whether the time limit is reached. A later call continues. */
  isOver: () => boolean;
}
