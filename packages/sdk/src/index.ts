export type { MessageDetail } from './actions/messageActions';
export type { ChatClient, SendMore, SignIn, SignUp } from './chatClient';
export type { Cipher } from './cipher';
export type { Clock, Timer } from './clock';
export type { Connection } from './connection/connectionState';
export type { Network } from './connection/network';
export type { Trace, TraceRecord } from './connection/trace';
export { type ChatMessage, type Entry, isMessage, type UnknownEntry } from './entry';
export { OfflineError, SignedOutError, StorageError } from './errors';
export { type ChatClientOptions, openChatClient } from './openChatClient';
export type { OutboxEntry, StoredEntry } from './outbox/outboxEntry';
export { randomId, type Randomness } from './randomId';
export type { GetToken } from './session/renewal';
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
export { type IndexedDbOptions, openIndexedDbStorage } from './storage/indexedDbStorage';
export { createMemoryStorage } from './storage/memoryStorage';
export type { Change, Storage } from './storage/storage';
export type { ChatStore } from './store';
export { type Channel, createBrowserTabs, createTabs, type Locks } from './tabs/browserTabs';
export type { TabNews, Tabs } from './tabs/tabs';
