import type { Conversation, Presence, Privacy, Request, User } from '@chasqui/protocol';
import { type Connection, signedOut } from '../connection/connectionState';
import type { Entry } from './entry';
import type { OutboxEntry } from '../outbox/outboxEntry';

/** A conversation in the state. The client keeps `my.unread_count` up to date itself; the rest comes from the server. */
export interface KnownConversation extends Conversation {
  /** Whether `participants` is complete. Events and lists contain only the first few. */
  readonly participants_complete: boolean;
  /** The server's latest unread count and the seq it covers. The client counts everything beyond that (D8). */
  readonly counted: { readonly unread: number; readonly up_to: number };
}

export interface TypingUser {
  readonly user_id: string;
  readonly username: string;
  /** When the indicator expires, in milliseconds since 1970 (D10). */
  readonly until: number;
}

/** The complete state of a client. Immutable: unchanged parts stay the same objects. */
export interface ChatState {
  readonly connection: Connection;
  readonly me: User | null;
  /** The sync cursor: this client has all changes before it. Null before the first sync. */
  readonly cursor: string | null;
  readonly conversationsById: Readonly<Record<string, KnownConversation>>;
  /**
   * By conversation, ascending by seq, each seq once. Seqs have no gaps (D3), so a missing number is an entry that was not
   * fetched. See `selectMessages`.
   */
  readonly entriesByConversation: Readonly<Record<string, readonly Entry[]>>;
  /** Known presence of users. Cleared when the connection is lost, because changes would be missed. */
  readonly userPresenceById: Readonly<Record<string, Presence>>;
  readonly usersById: Readonly<Record<string, User>>;
  readonly typingByConversation: Readonly<Record<string, readonly TypingUser[]>>;
  /** Users blocked by this user (true), from `readBlocks` and events; false after an unblock. */
  readonly blockedById: Readonly<Record<string, boolean>>;
  /** Pending requests to this user, newest first, up to 50. Loaded after each connect and kept up to date. */
  readonly requests: readonly Request[];
  /** Who may message this user and add them to groups; null before `readPrivacy`. */
  readonly privacy: Privacy | null;
  /** Unsent messages, oldest first. */
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

/** Returns the record with `key` set to `value`; the same record if nothing changes. */
export function withKey<T>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T,
): Readonly<Record<string, T>> {
  return record[key] === value ? record : { ...record, [key]: value };
}

/** Returns the record without `key`; the same record if it has no such key. */
export function withoutKey<T>(
  record: Readonly<Record<string, T>>,
  key: string,
): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}
