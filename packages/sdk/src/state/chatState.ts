import type { Conversation } from '@pern/protocol/conversation';
import type { Request } from '@pern/protocol/request';
import type { Privacy } from '@pern/protocol/rest/privacy';
import type { Presence, User } from '@pern/protocol/user';
import { type Connection, signedOut } from '../connection/connectionState';
import type { Entry } from '../entry';
import type { OutboxEntry } from '../outbox/outboxEntry';

/** A conversation as this client knows it. `my.unread_count` is kept up to date; the rest is the server's. */
export interface KnownConversation extends Conversation {
  /** Whether `participants` are all of them. Events and lists bring the first few only. */
  readonly participants_complete: boolean;
  /** What the server counted last, and up to which seq it had counted: what lies beyond is counted here (D8). */
  readonly counted: { readonly unread: number; readonly up_to: number };
}

export interface TypingUser {
  readonly user_id: string;
  readonly username: string;
  /** When it ends by itself, in milliseconds since 1970 (D10). */
  readonly until: number;
}

/** Everything there is to show. Immutable: what has not changed stays the same object. */
export interface ChatState {
  readonly connection: Connection;
  readonly me: User | null;
  /** Up to where this client has everything; null before the first sync. */
  readonly cursor: string | null;
  readonly conversationsById: Readonly<Record<string, KnownConversation>>;
  /**
   * By conversation, ascending by seq, each seq once. Because seqs have no gaps (D3), a missing number is one that was
   * not fetched. See `newestRun`.
   */
  readonly entriesByConversation: Readonly<Record<string, readonly Entry[]>>;
  /** Of whom it is known; forgotten when the connection is lost, because nobody would tell of a change. */
  readonly userPresenceById: Readonly<Record<string, Presence>>;
  readonly usersById: Readonly<Record<string, User>>;
  readonly typingByConversation: Readonly<Record<string, readonly TypingUser[]>>;
  /** Whom this user has blocked, as far as `readBlocks` and events have told: true; false after it was taken back. */
  readonly blockedById: Readonly<Record<string, boolean>>;
  /** What waits for this user's answer, newest first, up to 50: read after each connection and kept up to date. */
  readonly requests: readonly Request[];
  /** Who may write to this user and add them; null before `readPrivacy`. */
  readonly privacy: Privacy | null;
  /** Messages on their way, oldest first. */
  readonly outbox: readonly OutboxEntry[];
}

export const emptyState: ChatState = {
  connection: signedOut,
  me: null,
  cursor: null,
  conversationsById: {},
  entriesByConversation: {},
  userPresenceById: {},
  usersById: {},
  typingByConversation: {},
  blockedById: {},
  requests: [],
  privacy: null,
  outbox: [],
};

/** The record with this value under this key; the same record if it is there already. */
export function withKey<T>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T,
): Readonly<Record<string, T>> {
  return record[key] === value ? record : { ...record, [key]: value };
}

/** The record without this key; the same record if it is not there. */
export function withoutKey<T>(
  record: Readonly<Record<string, T>>,
  key: string,
): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}
