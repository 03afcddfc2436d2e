import type { ConversationRole } from '@pern/protocol/conversationRole';
import type { Participant } from '@pern/protocol/conversation';
import type { Message, MessageType } from '@pern/protocol/message';
import type { MessageDetail } from './actions/messageActions';
import type { ListedSession } from '@pern/protocol/rest/sessions';
import type { Invitation, Request } from '@pern/protocol/request';
import type { Privacy } from '@pern/protocol/rest/privacy';
import type { Block } from '@pern/protocol/rest/blocks';
import type { User } from '@pern/protocol/user';
import type { Cipher } from './cipher';
import type { ChatMessage } from './entry';
import type { KnownConversation } from './state/chatState';
import type { ChatStore } from './store';

/**
 * A chat client without a screen. Actions that need the server throw the errors of the contract
 * (`@pern/protocol/errors`) when it refuses, OfflineError when it cannot be reached, SignedOutError when nobody is signed
 * in. Sending and reading need no connection: they are kept and told when there is one.
 */
export interface ChatClient extends ChatStore {
  /** What users are to be told about the secrecy of what they write. */
  readonly protection: Cipher['protection'];

  /** Creates a user and signs in. Whoever was signed in is signed out first. */
  signUp(account: SignUp): Promise<User>;
  signIn(credentials: SignIn): Promise<User>;
  /**
   * Signs in as whom the token of `getToken` speaks for, in place of `signIn`. Throws UnauthorizedError when there is no
   * token or the server takes it not. A second call with the same user harms nothing.
   */
  signInWithToken(): Promise<User>;
  /**
   * Ends the session and deletes everything of this user's from the storage, what was not sent included: look at
   * `selectOutboxSize` first. Without a connection the server keeps the session until it expires.
   */
  signOut(): Promise<void>;

  /** Where this user is signed in: this session first, then the last seen. */
  listSessions(): Promise<ListedSession[]>;
  /** Ends one of them, at once and everywhere. Throws NotFoundError when it has ended already. */
  endSession(sessionId: string): Promise<void>;
  /** Ends all but this one. */
  endOtherSessions(): Promise<void>;
  /**
   * Sets another password and ends all other sessions. Throws ForbiddenError, whose `details.reason` is `wrong_password`,
   * or `no_password` for users of another issuer. After an OfflineError nobody knows whether it was done.
   */
  changePassword(current: string, next: string): Promise<void>;

  /**
   * How many messages wait in the storage for users who are not signed in, because the server ended their session. They
   * are sent when their author signs in again.
   */
  countUnsentOfOthers(): Promise<number>;
  /** Deletes those messages. They exist nowhere else. */
  discardUnsentOfOthers(): Promise<void>;

  /** Connects, and again whenever the connection is lost. The state says how it stands; a second call does nothing. */
  connect(): void;
  /** Stays signed in and does not connect until `connect`. */
  disconnect(): void;
  /** Writes what is left, disconnects and gives up the storage. The client cannot be used after that. */
  close(): Promise<void>;

  /**
   * No direct messages, presence or typing between the two, either way, until it is taken back. Sends are refused with a
   * ForbiddenError whose `details.reason` is `blocked`; of an account that was deleted, `deleted`.
   */
  blockUser(userId: string): Promise<void>;
  unblockUser(userId: string): Promise<void>;
  /** Whom one has blocked, latest first, so that an app can mark or hide what they write in groups. */
  listBlocks(cursor?: string): Promise<{ blocks: Block[]; nextCursor: string | null }>;
  /**
   * Reads all of them into `blockedById` of the state, which this user's blocks on other devices change from then on. To
   * be called once for each connection, for what happens between two of them is told to nobody.
   */
  readBlocks(): Promise<void>;
  /**
   * Deletes the account for good and everything of this user's from the storage. Users of another issuer have no password to
   * give.
   */
  deleteAccount(deletion: {
    readonly password?: string;
    readonly eraseMessages?: boolean;
  }): Promise<void>;
  /** All that the server keeps about this user, as JSON lines (docs/operations/export.md). Rejects when it broke off. */
  exportAccount(): Promise<Blob>;

  /** The conversation of two; the one that exists, if it does. */
  createDirect(userId: string): Promise<KnownConversation>;
  /**
   * A group with these people. Tried once more when the answer is lost. A caller that tries again itself passes the
   * same `clientId`, of 1 to 128 characters, and gets the same group.
   */
  createGroup(
    title: string,
    participantIds: readonly string[],
    more?: { clientId?: string },
  ): Promise<KnownConversation>;
  /** To be called when a conversation is shown: reads all its participants (up to 100) and its newest messages. */
  openConversation(conversationId: string): Promise<void>;
  /** Reads a page of history before what is shown. Resolves to whether there is more. */
  loadOlder(conversationId: string, limit?: number): Promise<boolean>;
  renameConversation(conversationId: string, title: string): Promise<void>;
  /** For how many seconds the conversation keeps what is sent from now on; null: for ever. */
  setRetention(conversationId: string, seconds: number | null): Promise<void>;
  /**
   * Makes the conversation's present retention hold for what was sent before. In a direct conversation this is a
   * request until the other one asks for the same; a second call by the same user changes nothing. Throws
   * ValidationError when the conversation keeps everything.
   */
  applyRetentionToHistory(conversationId: string): Promise<void>;
  /** `invited`: they have to accept first. */
  addParticipant(
    conversationId: string,
    userId: string,
    role?: ConversationRole,
  ): Promise<'added' | 'invited'>;
  /** Who was asked to join a group and has not joined, newest first. */
  listInvited(
    conversationId: string,
    cursor?: string,
  ): Promise<{ invited: Invitation[]; nextCursor: string | null }>;
  changeRole(conversationId: string, userId: string, role: ConversationRole): Promise<void>;
  removeParticipant(conversationId: string, userId: string): Promise<void>;
  leave(conversationId: string): Promise<void>;
  /** Participants page by page, longest-standing first; for groups of more than 100. */
  listParticipants(
    conversationId: string,
    cursor?: string,
  ): Promise<{ participants: Participant[]; nextCursor: string | null }>;

  /** Reads `requests` of the state again. It is kept up to date without this. */
  readRequests(): Promise<void>;
  /** One of the requests with its messages. The sender is told nothing. Throws NotFoundError once it is settled. */
  openRequest(requestId: string): Promise<{ request: Request; messages: ChatMessage[] }>;
  /** The conversation is a normal one from then on. A second call returns it again. */
  acceptRequest(requestId: string): Promise<KnownConversation>;
  /** The request is gone on all devices, and the sender is told nothing. To block the sender declines it as well. */
  declineRequest(requestId: string): Promise<void>;
  /** Reads `privacy` into the state. To be called once for each connection, like `readBlocks`. */
  readPrivacy(): Promise<Privacy>;
  changePrivacy(change: Partial<Privacy>): Promise<Privacy>;

  /**
   * Puts a message into the outbox. Resolves to its client message id as soon as it is stored: from then on it survives a
   * crash, and is sent as soon as there is a connection. Throws ValidationError for what the server would refuse.
   */
  send(conversationId: string, text: string, more?: SendMore): Promise<string>;
  /** Resolves when the server has this message; rejects when it is refused or discarded, or the client closes. */
  whenSent(clientMessageId: string): Promise<ChatMessage>;
  /** Tries a refused message again, with the same id. */
  retry(clientMessageId: string): Promise<void>;
  /** Takes a message out of the outbox. */
  discard(clientMessageId: string): Promise<void>;
  edit(messageId: string, text: string): Promise<void>;
  /** Leaves a tombstone. */
  delete(messageId: string): Promise<void>;
  react(messageId: string, emoji: string): Promise<void>;
  unreact(messageId: string, emoji: string): Promise<void>;
  /** I have seen everything up to here. Told to the server soon, or once there is a connection. */
  markRead(conversationId: string, seq: number): void;
  /** Who has got a message and who has read it, and when; page by page. */
  messageStatus(messageId: string, cursor?: string): Promise<MessageDetail>;

  /** What people wrote, in a message that came inside something else, such as `last_message`. Never throws. */
  decode(message: Message): Promise<ChatMessage>;

  /** To be called at every key: it is told at most every three seconds. Without a connection nothing happens. */
  setTyping(conversationId: string, isTyping: boolean): void;
  /** Whether I look online while connected. */
  setVisible(isVisible: boolean): void;
  findUsers(query: string, cursor?: string): Promise<{ users: User[]; nextCursor: string | null }>;
  /** Reads a user and their presence; from then on it is kept up to date, over reconnects as well. */
  watchUser(userId: string): Promise<void>;

  /**
   * Told of each message by others, and by my other devices, that comes for the first time: live, from the backlog, or by
   * sync; once each, ascending by seq in its conversation. History is none. After a crash what came in the last half
   * second before it may be told again.
   */
  onMessage(listener: (message: ChatMessage) => void): () => void;
}

export interface SignUp {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
  /** The code of an invitation, where registration needs one. */
  readonly invitation?: string | undefined;
}

export type SignIn = (
  | { readonly username: string; readonly password: string }
  | { readonly email: string; readonly password: string }
) & {
  /** Replaces a temporary password: without it the sign-in is a ForbiddenError, `reason: new_password_required`. */
  readonly newPassword?: string | undefined;
};

export interface SendMore {
  /** The message that this one answers. */
  readonly replyToId?: string;
  readonly messageType?: MessageType;
  /** Instead of one that is made up: so that something outside can be sent once, however often it is tried (D2). */
  readonly clientMessageId?: string;
}
