import type {
  BlockChanged,
  Conversation,
  ConversationForAll,
  MessageStatusUpdated,
  Privacy,
  Receipt,
  Request,
  UnreadUpdated,
  User,
  UserStatusChanged,
} from '@chasqui/protocol';
import type { Connection } from '../connection/connectionState';
import type { Entry } from './entry';
import type { OutboxEntry } from '../outbox/outboxEntry';
import type { KnownConversation, TypingUser } from './chatState';

/** Everything that can change the state. Server data is parsed and decoded before it becomes an event. */
export type ChatEvent =
  // This client
  | { readonly type: 'connection changed'; readonly connection: Connection }
  | { readonly type: 'signed in'; readonly user: User }
  | { readonly type: 'signed out' }
  | {
      readonly type: 'restored';
      readonly cursor: string | null;
      readonly conversations: readonly KnownConversation[];
      readonly entries: readonly Entry[];
    }
  /** The sync cursor is no longer valid: everything is fetched again. */
  | { readonly type: 'started over' }
  | { readonly type: 'outbox changed'; readonly outbox: readonly OutboxEntry[] }
  | { readonly type: 'sent'; readonly entry: Entry; readonly outbox: readonly OutboxEntry[] }
  | { readonly type: 'read here'; readonly conversationId: string; readonly seq: number }
  | { readonly type: 'time passed'; readonly now: number }
  // Socket events
  | { readonly type: 'entries received'; readonly entries: readonly Entry[] }
  | { readonly type: 'message updated'; readonly entry: Entry }
  | { readonly type: 'status updated'; readonly update: MessageStatusUpdated }
  | { readonly type: 'unread updated'; readonly update: UnreadUpdated }
  | {
      readonly type: 'typing';
      readonly conversationId: string;
      readonly user: TypingUser;
      readonly isTyping: boolean;
    }
  | { readonly type: 'presence changed'; readonly change: UserStatusChanged }
  | { readonly type: 'block changed'; readonly change: BlockChanged }
  | { readonly type: 'conversation updated'; readonly conversation: ConversationForAll }
  | { readonly type: 'conversation removed'; readonly conversationId: string }
  // Pages of REST and sync; also `conversation:created`
  | { readonly type: 'conversations read'; readonly conversations: readonly Conversation[] }
  | { readonly type: 'entries read'; readonly entries: readonly Entry[] }
  | { readonly type: 'blocks read'; readonly userIds: readonly string[] }
  | { readonly type: 'requests read'; readonly requests: readonly Request[] }
  | { readonly type: 'request settled'; readonly requestId: string }
  | { readonly type: 'privacy read'; readonly privacy: Privacy }
  | { readonly type: 'users read'; readonly users: readonly User[] }
  | {
      readonly type: 'synced';
      readonly conversations: readonly Conversation[];
      readonly removed: readonly string[];
      readonly entries: readonly Entry[];
      readonly receipts: readonly Receipt[];
      /** On the last page only. */
      readonly requests?: readonly Request[];
      readonly cursor: string;
    };
