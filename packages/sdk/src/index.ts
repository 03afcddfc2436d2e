export type { ChatClient, MessageDetail, SendMore, SignIn, SignUp } from './chatClient';
export type { Cipher } from './crypto/cipher';
export type { Clock, Timer } from './scheduling/clock';
export type { Connection } from './connection/connectionState';
export type { Network } from './transport/network';
export type { Trace, TraceRecord } from './transport/trace';
export { type ChatMessage, type Entry, isMessage, type UnknownEntry } from './state/entry';
export { OfflineError, SignedOutError, StorageError } from './errors';
export { type ChatClientOptions, openChatClient } from './openChatClient';
export type { OutboxEntry, StoredEntry } from './outbox/outboxEntry';
export { randomId, type Randomness } from './crypto/randomId';
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
export type { ChatStore } from './state/store';
export type { Channel, Locks } from './tabs/browserApis';
export { createBrowserTabs, createTabs } from './tabs/browserTabs';
export type { TabChange, Tabs } from './tabs/tabs';
