import { type Decoder, json, nullable, number, oneOf, type RawRow, text } from '@chasqui/db';
import type { ConversationEvent, Message } from '@chasqui/protocol';
import { presentReactions, type StoredReaction } from './reactions/storedReactions';

/**
 * SQL for the lowest status among the recipients of message `m`: the participants other than its sender whose
 * membership covers it (D6, D9). Each EXISTS stops at the first recipient who is behind.
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
 * SQL for the time at which a message outlived its retention, if it is not a tombstone yet. While nothing is due this
 * costs one lookup per statement (D12).
 */
const EXPIRED = `CASE WHEN m.kind = 'message' AND m.deleted_at IS NULL AND (SELECT expiry_is_due())
  THEN message_expired_at(m.conversation_id, m.seq, m.created_at) END`;

/**
 * The columns of a message without its status, in the order that `toMessage` decodes. Values that nearly all messages
 * share are NULL, because each value costs encoding, transfer and decoding.
 */
export const COLUMNS = columnsOf('m.conversation_id');

/** The same columns with another expression in place of the conversation's id. */
export function columnsOf(conversation: string): string {
  return `m.id, ${conversation}, m.seq::float8, m.version::float8, nullif(m.kind, 'message'), m.sender_id,
  m.client_message_id, nullif(m.message_type, 'text'), m.content_encrypted, m.reply_to_id,
  date_part('epoch', m.created_at), date_part('epoch', m.edited_at), date_part('epoch', m.deleted_at),
  m.reactions, m.event, ${EXPIRED}`;
}

/** Number of columns that belong to the message: COLUMNS and the status. */
export const MESSAGE_WIDTH = 17;

const textOrNull = nullable(text);
const numberOrNull = nullable(number);
const kindOrNull = nullable(oneOf('message', 'event'));
const typeOrNull = nullable(oneOf('text', 'image', 'file', 'voice'));
const statusOrNull = nullable(oneOf('sent', 'delivered', 'read'));
const reactionsOrNull = nullable(json<StoredReaction[]>());
const eventOf = json<ConversationEvent>();

let latest = { seconds: 0, text: '1970-01-01T00:00:00.000Z' };

/** Seconds since 1970 as ISO 8601. Messages stored together share one time, so the latest text is kept. */
export function isoTime(seconds: number): string {
  if (seconds !== latest.seconds) {
    latest = { seconds, text: new Date(Math.round(seconds * 1000)).toISOString() };
  }
  return latest.text;
}

/** Decodes seconds since 1970 as ISO 8601. */
export const isoSeconds: Decoder<string> = (value) => isoTime(number(value));

/** When the message was stored, milliseconds since 1970. */
export function storedAt(row: RawRow): number {
  return Math.round(number(row[10]) * 1000);
}

/**
 * Decodes COLUMNS and a status into the message that clients see, the same for every transport. An expired message is
 * a tombstone here even before a worker has made it one. Written by hand because hundreds of rows pass through it.
 */
export function toMessage(row: RawRow): Message {
  const [id, conversationId, seq, version, kind, senderId, clientMessageId, messageType, content] =
    row;
  const [, , , , , , , , , replyToId, createdAt, editedAt, deletedAt, reactions, event] = row;
  const [, , , , , , , , , , , , , , , expiredAt, status] = row;
  const goneAt = numberOrNull(deletedAt ?? expiredAt);
  const edited = numberOrNull(editedAt);
  const stored = reactionsOrNull(reactions);
  return {
    id: text(id),
    conversation_id: text(conversationId),
    seq: number(seq),
    version: number(version),
    kind: kindOrNull(kind) ?? 'message',
    sender_id: text(senderId),
    client_message_id: textOrNull(clientMessageId),
    message_type: typeOrNull(messageType) ?? 'text',
    content_encrypted: goneAt === null ? textOrNull(content) : null,
    reply_to_id: textOrNull(replyToId),
    created_at: isoTime(number(createdAt)),
    edited_at: edited === null ? null : isoTime(edited),
    deleted_at: goneAt === null ? null : isoTime(goneAt),
    reactions: goneAt === null && stored !== null ? presentReactions(stored) : [],
    status: statusOrNull(status) ?? 'sent',
    ...(event === null ? {} : { event: eventOf(event) }),
  };
}
