import type { ConversationEvent, Message, MessageStatus, MessageType } from '@chasqui/protocol';
import { presentReactions, type StoredReaction } from './storedReactions';

/**
 * The least far status of a message's recipients: participants other than its sender whose membership
 * covers it (D6, D9). Each EXISTS ends at the first recipient who is behind. `m` is the message.
 */
export const STATUS = `CASE
  WHEN m.kind <> 'message' OR NOT EXISTS (
    SELECT FROM participants r WHERE r.conversation_id = m.conversation_id
      AND r.user_id <> m.sender_id AND r.joined_seq <= m.seq) THEN 'sent'
  WHEN NOT EXISTS (
    SELECT FROM participants r WHERE r.conversation_id = m.conversation_id
      AND r.user_id <> m.sender_id AND r.joined_seq <= m.seq AND r.read_seq < m.seq) THEN 'read'
  WHEN NOT EXISTS (
    SELECT FROM participants r WHERE r.conversation_id = m.conversation_id
      AND r.user_id <> m.sender_id AND r.joined_seq <= m.seq AND r.delivered_seq < m.seq) THEN 'delivered'
  ELSE 'sent' END`;

/**
 * Since when a message has been beyond its conversation's retention without being a tombstone yet. Asked of
 * nothing while nothing is due, which is one look per statement (D12).
 */
const EXPIRED = `CASE WHEN m.kind = 'message' AND m.deleted_at IS NULL AND (SELECT expiry_is_due())
  THEN message_expired_at(m.conversation_id, m.seq, m.created_at) END`;

/**
 * What a message row brings besides its status, in the order that `toMessage` reads. What nearly all messages
 * have alike comes as NULL: each value that is sent is written, sent and read again for nothing.
 */
export const COLUMNS = columnsOf('m.conversation_id');

/** The same with something else in the place of the conversation. */
export function columnsOf(conversation: string): string {
  return `m.id, ${conversation}, m.seq::float8, m.version::float8, nullif(m.kind, 'message'), m.sender_id,
  m.client_message_id, nullif(m.message_type, 'text'), m.content_encrypted, m.reply_to_id,
  date_part('epoch', m.created_at), date_part('epoch', m.edited_at), date_part('epoch', m.deleted_at),
  m.reactions, m.event, ${EXPIRED}`;
}

/** How many values of a row belong to the message: COLUMNS and the status. */
export const MESSAGE_WIDTH = 17;

export type MessageRow = [
  id: string,
  conversationId: string,
  seq: number,
  version: number,
  kind: Message['kind'] | null,
  senderId: string,
  clientMessageId: string | null,
  messageType: MessageType | null,
  content: string | null,
  replyToId: string | null,
  createdAt: number,
  editedAt: number | null,
  deletedAt: number | null,
  reactions: StoredReaction[] | null,
  event: ConversationEvent | null,
  expiredAt: number | null,
  status: MessageStatus | null,
];

let latest = { seconds: 0, text: '1970-01-01T00:00:00.000Z' };

/** ISO 8601 of seconds since 1970. What was stored together has one time, so the latest is kept. */
export function isoTime(seconds: number): string {
  if (seconds !== latest.seconds) {
    latest = { seconds, text: new Date(Math.round(seconds * 1000)).toISOString() };
  }
  return latest.text;
}

/** When it was stored, in milliseconds since 1970. */
export function storedAt(row: unknown[]): number {
  const [, , , , , , , , , , createdAt] = row as MessageRow;
  return Math.round(createdAt * 1000);
}

/**
 * A row of COLUMNS and STATUS as the outside sees it: the same JSON by every door. What has expired is a
 * tombstone here, also where no worker has made one of it yet.
 */
export function toMessage(row: unknown[]): Message {
  const [id, conversationId, seq, version, kind, senderId, clientMessageId, messageType, content] =
    row as MessageRow;
  const [, , , , , , , , , replyToId, createdAt, editedAt, deletedAt, reactions, event] =
    row as MessageRow;
  const [, , , , , , , , , , , , , , , expiredAt, status] = row as MessageRow;
  const goneAt = deletedAt ?? expiredAt;
  return {
    id,
    conversation_id: conversationId,
    seq,
    version,
    kind: kind ?? 'message',
    sender_id: senderId,
    client_message_id: clientMessageId,
    message_type: messageType ?? 'text',
    content_encrypted: goneAt === null ? content : null,
    reply_to_id: replyToId,
    created_at: isoTime(createdAt),
    edited_at: editedAt === null ? null : isoTime(editedAt),
    deleted_at: goneAt === null ? null : isoTime(goneAt),
    reactions: goneAt === null && reactions !== null ? presentReactions(reactions) : [],
    status: status ?? 'sent',
    ...(event === null ? {} : { event }),
  };
}
