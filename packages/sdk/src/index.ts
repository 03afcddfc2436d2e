export type { MessageDetail } from './actions/messageActions';
export type { ChatClient } from './chatClient';
export type { Connection } from './connection/connectionState';
export type { TraceRecord } from './connection/trace';
export { type ChatMessage, isMessage } from './entry';
export { OfflineError, SignedOutError, StorageError } from './errors';
export { type ChatClientOptions, openChatClient } from './openChatClient';
export type { OutboxEntry } from './outbox/outboxEntry';
export { randomId } from './randomId';
export { storedSessionSchema } from './session/storedSession';
export {
  type ChatState,
  emptyState,
  type KnownConversation,
  type TypingUser,
} from './state/chatState';
export {
  missingMessages,
  selectConversations,
  selectHasOlder,
  selectMessage,
  selectMessages,
  selectOutbox,
  selectOutboxSize,
  selectStatus,
  selectTyping,
  selectUnreadCount,
} from './state/selectors';
export { entryAt, newestRun } from './state/timeline';
export { openIndexedDbStorage } from './storage/indexedDbStorage';
export { createMemoryStorage } from './storage/memoryStorage';
export type { Storage } from './storage/storage';
export { type Channel, createBrowserTabs, createTabs } from './tabs/browserTabs';
export type { Tabs } from './tabs/tabs';
