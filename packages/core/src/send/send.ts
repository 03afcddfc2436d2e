import type { Log } from '@chasqui/foundation';
import type { Message, MessageType } from '@chasqui/protocol';
import type { LocalConversation } from '../cache/conversationCache';
import type { Entry } from '../ports/index';

/** A message to send; a transport has validated its fields. */
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
  /** A message with this client message id was stored before; `message` is its current state (D2). */
  repeated: boolean;
}

/** Takes the answer to a send. Returns false if the command has timed out; the entry is then due as an event. */
export type AnswerSend = (outcome: SendResult | Error) => boolean;

/** Takes the outcome of one send. Exactly one of the methods is called, once. */
export interface SendReply {
  /** The sending connection, where the reply replaces the event; null for REST. */
  readonly origin: string | null;
  /**
   * The message was stored as `entry` (D1). The receiver replies at the entry's place in the order of seq (D3).
   * `conversation` is undefined while its members are being read.
   */
  stored(conversation: LocalConversation | undefined, entry: Entry, message: Message): void;
  /** The client message id was already used; `message` is the first message in its current state (D2). */
  repeated(message: Message): void;
  failed(error: Error): void;
}

/** A committed entry and the reply to its send. One value, so that neither reaches the connection without the other. */
export interface StoredSend {
  readonly entry: Entry;
  readonly message: Message;
  readonly reply: SendReply;
}

/** What one batch committed to one conversation, ascending by seq. */
export interface StoredSends {
  readonly conversationId: string;
  /** Version of the membership at the commit (D9). */
  readonly membersVersion: number;
  readonly sends: StoredSend[];
}

/** A reply that throws is a bug in its receiver. It is logged and does not affect the other sends of the batch. */
export class GuardedReply implements SendReply {
  constructor(
    private readonly reply: SendReply,
    private readonly log: Pick<Log, 'error'>,
  ) {}

  get origin(): string | null {
    return this.reply.origin;
  }

  stored(conversation: LocalConversation | undefined, entry: Entry, message: Message): void {
    try {
      this.reply.stored(conversation, entry, message);
    } catch (error) {
      this.note(error);
    }
  }

  repeated(message: Message): void {
    try {
      this.reply.repeated(message);
    } catch (error) {
      this.note(error);
    }
  }

  failed(error: Error): void {
    try {
      this.reply.failed(error);
    } catch (thrown) {
      this.note(thrown);
    }
  }

  private note(error: unknown): void {
    this.log.error({ err: error }, 'replying to a send failed');
  }
}
