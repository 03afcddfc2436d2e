import type {
  Block,
  ConversationRole,
  GroupInvitation,
  ListedSession,
  Message,
  MessageType,
  Participant,
  Privacy,
  RecipientStatus,
  Request,
  User,
} from '@chasqui/protocol';
import type { Cipher } from './crypto/cipher';
import type { ChatMessage } from './state/entry';
import type { KnownConversation } from './state/chatState';
import type { ChatStore } from './state/store';

/**
 * A chat client without a user interface, for one signed-in user at a time.
 *
 * Actions that need the server reject with the errors of the contract (`@chasqui/protocol`) when the server refuses
 * them, with OfflineError when the server cannot be reached, and with SignedOutError when nobody is signed in. After an
 * OfflineError the outcome is unknown: the server may have carried out the action. Only `send` and `markRead` work
 * without a connection; they are stored and transmitted later.
 */
export interface ChatClient extends ChatStore {
  /** How message content is protected from the server. Show this to users: only `encrypted` hides content from it. */
  readonly protection: Cipher['protection'];

  /** Creates an account and signs in. Signs out the current user first, if there is one. */
  signUp(account: SignUp): Promise<User>;
  /** Signs in with a password. Signs out the current user first. Rejects with UnauthorizedError for wrong credentials. */
  signIn(credentials: SignIn): Promise<User>;
  /**
   * Signs in as the user of the token that `getToken` returns; replaces `signIn` for embedded clients. Rejects with
   * UnauthorizedError when `getToken` returns null or the server rejects the token. A second call for the same user only
   * replaces the token.
   */
  signInWithToken(): Promise<User>;
  /**
   * Ends the session and deletes all data of this user from the storage, including unsent messages: check
   * `selectOutboxSize` first. Without a connection the session stays valid on the server until it expires. Does nothing
   * when nobody is signed in.
   */
  signOut(): Promise<void>;

  /** Lists the user's active sessions: this one first, then the most recently used. */
  listSessions(): Promise<ListedSession[]>;
  /** Ends one session and disconnects its clients at once. Rejects with NotFoundError if it has already ended. */
  endSession(sessionId: string): Promise<void>;
  /** Ends all sessions of this user except this one. */
  endOtherSessions(): Promise<void>;
  /**
   * Changes the password and ends all other sessions. Rejects with ForbiddenError, `details.reason` `wrong_password`, or
   * `no_password` for users of an external issuer. After an OfflineError the password may or may not have changed.
   */
  changePassword(current: string, next: string): Promise<void>;

  /**
   * Counts the unsent messages in the storage that belong to users who are not signed in here, because the server ended
   * their session. They are sent when their author signs in again.
   */
  countUnsentOfOthers(): Promise<number>;
  /** Deletes those messages for good: no other copy exists. */
  discardUnsentOfOthers(): Promise<void>;

  /** Connects, and reconnects after every loss until `disconnect`. See `state.connection`. A second call does nothing. */
  connect(): void;
  /** Closes the connection and stays offline, signed in, until `connect`. */
  disconnect(): void;
  /** Writes pending changes, disconnects and closes the storage. The client cannot be used afterwards. */
  close(): Promise<void>;

  /**
   * Stops direct messages, presence and typing in both directions until `unblockUser`. Sending is then refused with
   * ForbiddenError, `details.reason` `blocked`; `deleted` if the account no longer exists. A second call does nothing.
   */
  blockUser(userId: string): Promise<void>;
  /** Removes a block. Does nothing when the user is not blocked. */
  unblockUser(userId: string): Promise<void>;
  /** Lists the users blocked by this user, most recent first, page by page. */
  listBlocks(cursor?: string): Promise<{ blocks: Block[]; nextCursor: string | null }>;
  /**
   * Loads all blocks into `state.blockedById`. Changes made on other devices update it from then on, but only while
   * connected: call this once after each connect.
   */
  readBlocks(): Promise<void>;
  /**
   * Deletes the account for good and all its data from the storage. `password` is required unless the user comes from an
   * external issuer. `eraseMessages` turns all messages this user sent into tombstones.
   */
  deleteAccount(deletion: {
    readonly password?: string;
    readonly eraseMessages?: boolean;
  }): Promise<void>;
  /**
   * Downloads everything the server stores about this user as JSON lines (docs/operations/export.md). Rejects with OfflineError when
   * the download is incomplete.
   */
  exportAccount(): Promise<Blob>;

  /** Returns the direct conversation with this user and creates it if necessary. */
  createDirect(userId: string): Promise<KnownConversation>;
  /**
   * Creates a group with these users. Retries once if the response is lost. To retry yourself, pass a `clientId` (1 to
   * 128 characters): a repeated call with the same `clientId` returns the same group.
   */
  createGroup(
    title: string,
    participantIds: readonly string[],
    more?: { clientId?: string },
  ): Promise<KnownConversation>;
  /**
   * Call this when a conversation is shown: loads its participants (up to 100) and its newest messages. Rejects with
   * NotFoundError when the user is not a participant.
   */
  openConversation(conversationId: string): Promise<void>;
  /** Loads the page of history before the oldest message shown. Resolves to whether there is more. */
  loadOlder(conversationId: string, limit?: number): Promise<boolean>;
  renameConversation(conversationId: string, title: string): Promise<void>;
  /** Sets for how many seconds messages sent from now on are kept; null keeps them for ever. */
  setRetention(conversationId: string, seconds: number | null): Promise<void>;
  /**
   * Applies the conversation's current retention to older messages too. In a direct conversation this takes effect once
   * the other participant requests the same; a second call by the same user changes nothing. Rejects with
   * ValidationError when the conversation has no retention limit.
   */
  applyRetentionToHistory(conversationId: string): Promise<void>;
  /** Adds a user to a group. Resolves to `invited` when the user has to accept first. */
  addParticipant(
    conversationId: string,
    userId: string,
    role?: ConversationRole,
  ): Promise<'added' | 'invited'>;
  /** Lists the users who were invited to a group and have not accepted yet, newest invitation first. */
  listInvited(
    conversationId: string,
    cursor?: string,
  ): Promise<{ invited: GroupInvitation[]; nextCursor: string | null }>;
  changeRole(conversationId: string, userId: string, role: ConversationRole): Promise<void>;
  removeParticipant(conversationId: string, userId: string): Promise<void>;
  /** Leaves a group and removes it from the state. */
  leave(conversationId: string): Promise<void>;
  /** Lists participants page by page, in the order in which they joined. For groups of more than 100. */
  listParticipants(
    conversationId: string,
    cursor?: string,
  ): Promise<{ participants: Participant[]; nextCursor: string | null }>;

  /** Reloads `state.requests`. Rarely needed: the client keeps the list up to date. */
  readRequests(): Promise<void>;
  /**
   * Loads a request with its messages, without a receipt for the sender. Rejects with NotFoundError once the request has
   * been accepted or declined.
   */
  openRequest(requestId: string): Promise<{ request: Request; messages: ChatMessage[] }>;
  /** Accepts a request and returns its conversation. A second call returns the same conversation. */
  acceptRequest(requestId: string): Promise<KnownConversation>;
  /** Declines a request on all devices; the sender is not notified. Blocking the sender declines it too. */
  declineRequest(requestId: string): Promise<void>;
  /** Loads the privacy settings into `state.privacy`. Call this once after each connect, like `readBlocks`. */
  readPrivacy(): Promise<Privacy>;
  /** Changes only the given privacy settings and returns all of them. */
  changePrivacy(change: Partial<Privacy>): Promise<Privacy>;

  /**
   * Adds a message to the outbox. Resolves to its client message id once the message is stored: it then survives a crash
   * and is sent as soon as there is a connection (D1). Rejects with ValidationError for content the server would refuse.
   */
  send(conversationId: string, text: string, more?: SendMore): Promise<string>;
  /**
   * Resolves when the server has stored this message. Rejects with the server's error when it is refused, and with an
   * error when it is discarded, the user signs out or the client closes; with NotFoundError for an unknown id.
   */
  whenSent(clientMessageId: string): Promise<ChatMessage>;
  /** Sends a refused message again under the same id. Does nothing for any other message. */
  retry(clientMessageId: string): Promise<void>;
  /**
   * Removes a message from the outbox. If an attempt was already made, the server may still have stored it. Does nothing
   * for an unknown id.
   */
  discard(clientMessageId: string): Promise<void>;
  /** Replaces the text of a message of this user. Rejects with NotFoundError for a message that is not in the state. */
  edit(messageId: string, text: string): Promise<void>;
  /** Deletes a message for everybody. A tombstone without content keeps its place. */
  delete(messageId: string): Promise<void>;
  /** Adds a reaction. A second call with the same emoji does nothing. */
  react(messageId: string, emoji: string): Promise<void>;
  /** Removes a reaction of this user. */
  unreact(messageId: string, emoji: string): Promise<void>;
  /**
   * Marks everything up to `seq` as read. The state changes at once; the server is updated within 100 ms, or on the next
   * connection. A lower `seq` than before does nothing.
   */
  markRead(conversationId: string, seq: number): void;
  /** Loads who has received and who has read a message, and when, page by page. */
  messageStatus(messageId: string, cursor?: string): Promise<MessageDetail>;

  /**
   * Decodes a message that is embedded in another object, such as `last_message`. Never rejects: undecodable content is
   * marked `isUnreadable`.
   */
  decode(message: Message): Promise<ChatMessage>;

  /** Call this on every keystroke: it is sent at most every three seconds. Does nothing without a connection. */
  setTyping(conversationId: string, isTyping: boolean): void;
  /** Sets whether this user appears online while connected. */
  setVisible(isVisible: boolean): void;
  /** Searches users by name, page by page. */
  findUsers(query: string, cursor?: string): Promise<{ users: User[]; nextCursor: string | null }>;
  /** Loads a user with their presence and keeps the presence up to date, across reconnects too. */
  watchUser(userId: string): Promise<void>;

  /**
   * Calls `listener` once for each new message of other users and of this user's other devices, whether it arrives live,
   * from the backlog or by sync, in ascending `seq` within a conversation. History pages do not count as new. After a
   * crash, messages of the last half second before it may be reported again. Returns a function that unsubscribes.
   */
  onMessage(listener: (message: ChatMessage) => void): () => void;
}

export interface SignUp {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
  /** The invitation code, where registration requires one. */
  readonly invitation?: string | undefined;
}

export type SignIn = (
  | { readonly username: string; readonly password: string }
  | { readonly email: string; readonly password: string }
) & {
  /** Replaces a temporary password. Without it the sign-in is a ForbiddenError, `reason: new_password_required`. */
  readonly newPassword?: string | undefined;
};

export interface SendMore {
  /** The message this one replies to. */
  readonly replyToId?: string;
  readonly messageType?: MessageType;
  /** Replaces the generated id, so that an external event produces one message however often it is processed (D2). */
  readonly clientMessageId?: string;
}

/** Who has received and read a message, and when; one page. */
export interface MessageDetail {
  readonly recipient_count: number;
  readonly delivered_count: number;
  readonly read_count: number;
  readonly statuses: readonly RecipientStatus[];
  readonly next_cursor: string | null;
}
