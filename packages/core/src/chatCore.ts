import type { GroupRequest } from './conversations/group/createGroup';
import type {
  Block,
  Conversation,
  ConversationRole,
  ExportRecord,
  GroupInvitation,
  Message,
  MessageType,
  OpenedRequest,
  Participant,
  Privacy,
  Receipt,
  Request,
} from '@chasqui/protocol';
import type { Added } from './members/addParticipant';
import type { ConversationChange } from './conversations/changeConversation';
import type { Outlet } from './ports/index';

/** A message as its sender asks for it, already checked at the door. */
export interface SendRequest {
  conversationId: string;
  senderId: string;
  contentEncrypted: string;
  messageType: MessageType;
  clientMessageId: string | null;
  replyToId: string | null;
}

export interface SendResult {
  message: Message;
  /** True when this client message id had been sent before; `message` is it as it is now (D2). */
  repeated: boolean;
}

/** Where an acknowledgement points: one message, or a place in a conversation. */
export type AckTarget = { messageId: string } | { conversationId: string; seq: number };

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface SyncAnswer {
  conversations: Conversation[];
  removed: string[];
  messages: Message[];
  receipts: Receipt[];
  /** Left out when there are none. */
  requests?: Request[];
  cursor: string;
  has_more: boolean;
}

export interface MessageStatusPage {
  recipient_count: number;
  delivered_count: number;
  read_count: number;
  statuses: {
    user_id: string;
    status: 'sent' | 'delivered' | 'read';
    delivered_at: string | null;
    read_at: string | null;
  }[];
  next_cursor: string | null;
}

/** One live connection, opened by `openConnection`. */
export interface LiveConnection {
  readonly deviceId: string;
  /** Starts the backlog; ends with `chat:queue_empty`. Call after `session:ready` was emitted. */
  start(): void;
  /**
   * Sends; `answer` is called exactly once, with the message at its place in the order of seq (D3)
   * or with the error. Never throws.
   */
  send(request: SendRequest, answer: (outcome: SendResult | Error) => boolean): void;
  /** Resolves after the commit; throws ValidationError, NotFoundError, UnavailableError. */
  acknowledge(target: AckTarget, status: 'delivered' | 'read'): Promise<void>;
  /** Forgets the connection. A second call does nothing. */
  close(): void;
}

/**
 * The delivery core of one node. Every method throws only the errors of @chasqui/protocol/errors;
 * a user who is no participant gets NotFoundError (D9). All announcements to live connections,
 * on this node and on others, are made by these methods after their commit.
 */
export interface Delivery {
  send(request: SendRequest): Promise<SendResult>;
  /** Moves the user's positions and no device's (REST); resolves to where they stand then. */
  acknowledge(userId: string, target: AckTarget, status: 'delivered' | 'read'): Promise<Receipt>;

  editMessage(userId: string, messageId: string, contentEncrypted: string): Promise<Message>;
  deleteMessage(userId: string, messageId: string): Promise<void>;
  addReaction(
    userId: string,
    messageId: string,
    emoji: string,
  ): Promise<{ message: Message; repeated: boolean }>;
  removeReaction(userId: string, messageId: string, emoji: string): Promise<void>;
  readHistory(
    userId: string,
    conversationId: string,
    page: { limit: number; beforeSeq?: number; afterSeq?: number; offset?: number },
  ): Promise<{ messages: Message[]; has_more: boolean }>;
  readStatus(
    userId: string,
    messageId: string,
    page: { limit: number; cursor?: string },
  ): Promise<MessageStatusPage>;

  createDirect(
    userId: string,
    otherId: string,
  ): Promise<{ conversation: Conversation; created: boolean }>;
  createGroup(userId: string, title: string, participantIds: string[]): Promise<Conversation>;
  findOrCreateGroup(
    request: GroupRequest,
  ): Promise<{ conversation: Conversation; created: boolean }>;
  listConversations(
    userId: string,
    page: { limit: number; cursor?: string },
  ): Promise<Page<Conversation>>;
  readConversation(userId: string, conversationId: string): Promise<Conversation>;
  /** All that is named, or nothing of it. */
  changeConversation(
    userId: string,
    conversationId: string,
    change: ConversationChange,
  ): Promise<Conversation>;
  listParticipants(
    userId: string,
    conversationId: string,
    page: { limit: number; cursor?: string },
  ): Promise<Page<Participant>>;
  addParticipant(
    userId: string,
    conversationId: string,
    otherId: string,
    role: ConversationRole,
  ): Promise<Added>;
  changeRole(
    userId: string,
    conversationId: string,
    otherId: string,
    role: ConversationRole,
  ): Promise<Participant>;
  removeParticipant(userId: string, conversationId: string, otherId: string): Promise<void>;

  listInvited(
    userId: string,
    conversationId: string,
    page: { limit: number; cursor?: string },
  ): Promise<Page<GroupInvitation>>;

  /** What waits for the user's answer. Without messages and members it tells nothing to the one who asked. */
  listRequests(userId: string, page: { limit: number; cursor?: string }): Promise<Page<Request>>;
  readRequest(userId: string, requestId: string): Promise<OpenedRequest>;
  /** A second call returns the conversation as it is. */
  acceptRequest(userId: string, requestId: string): Promise<Conversation>;
  /** The sender is told nothing, now or later. A second call changes nothing. */
  declineRequest(userId: string, requestId: string): Promise<void>;
  readPrivacy(userId: string): Promise<Privacy>;
  changePrivacy(userId: string, change: Partial<Privacy>): Promise<Privacy>;

  sync(userId: string, page: { limit: number; cursor?: string }): Promise<SyncAnswer>;

  /** No direct messages, presence or typing between the two from the commit on; a second call changes nothing. */
  blockUser(userId: string, otherId: string): Promise<{ changed: boolean }>;
  /** Takes back one's own block, and no other. */
  unblockUser(userId: string, otherId: string): Promise<{ changed: boolean }>;
  listBlocks(userId: string, page: { limit: number; cursor?: string }): Promise<Page<Block>>;

  /** Pages of the requests that a user received and sent. */
  exportRequests(userId: string): AsyncGenerator<ExportRecord[]>;
  /** Pages of what the user may read, and of what they wrote where they have been. See accounts/exportConversations.ts. */
  exportConversations(userId: string): AsyncGenerator<ExportRecord[]>;
  /**
   * Goes on with the deletion of an account, for so long; resolves to whether nothing is left to do. What is left is the
   * worker's. See accounts/finishDeletion.ts.
   */
  finishDeletion(userId: string, withinMs: number): Promise<boolean>;

  /**
   * Announces typing to the other members; throws NotFoundError for a non-participant. Nothing is stored, and where
   * one of two has blocked the other nobody is told.
   */
  announceTyping(
    userId: string,
    username: string,
    conversationId: string,
    isTyping: boolean,
  ): Promise<void>;
  /** Users who share a direct conversation or a group of up to 100 with this one (presence fan-out). */
  presenceAudience(userId: string): Promise<string[]>;
  /** Of `otherIds`, those who share any conversation with the user (whose presence they may see). */
  sharesConversation(userId: string, otherIds: string[]): Promise<Set<string>>;

  /** Registers a device (D4), reads its backlog's outline and joins the live flow. */
  openConnection(params: {
    userId: string;
    sessionId: string;
    deviceId: string;
    batch: boolean;
    outlet: Outlet;
  }): Promise<LiveConnection>;
  /** Logout forgets the devices of the session (D4). */
  forgetSessionDevices(userId: string, sessionId: string): Promise<void>;
  /** Emits to all live connections of these users on every node. */
  emitToUsers(userIds: string[], event: string, payload: object): void;
  /** Users with a live connection on this node. */
  localUsers(): Iterable<string>;

  /** Stops timers and waits for what is in flight, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
}
