import {
  column,
  columns,
  type Decoder,
  flag,
  isGone,
  nullable,
  number,
  oneOf,
  type RawRow,
  statement,
  text,
} from '@chasqui/db';
import { isoSeconds } from '../messages/messageRows';

/**
 * One row of advance_watermarks; `place` counts its acknowledgement from 1. Each acknowledgement has one row with
 * `ok`, `not_found` or `ahead` (beyond the last seq), then one row for each author and status that it newly covers.
 */
export type AdvanceRow =
  | {
      place: number;
      outcome: 'ok';
      readBefore: number;
      readAfter: number;
      participantCount: number;
      /** Milliseconds since 1970. */
      at: number;
    }
  | { place: number; outcome: 'not_found' | 'ahead' }
  | {
      place: number;
      outcome: 'delivered' | 'read';
      authorId: string;
      messageId: string;
      seq: number;
    };

const advanceOutcome = oneOf('ok', 'not_found', 'ahead', 'delivered', 'read');

// By hand, because a batch returns hundreds of rows.
function toAdvanceRow(row: RawRow): AdvanceRow {
  const [ord, rawOutcome, , , readBefore, readAfter, participants, at, author, message, seq] = row;
  const place = number(ord);
  const outcome = advanceOutcome(rawOutcome);
  switch (outcome) {
    case 'ok':
      return {
        place,
        outcome,
        readBefore: number(readBefore),
        readAfter: number(readAfter),
        participantCount: number(participants),
        at: number(at),
      };
    case 'delivered':
    case 'read':
      return {
        ...{ place, outcome },
        authorId: text(author),
        messageId: text(message),
        seq: number(seq),
      };
    case 'not_found':
    case 'ahead':
      return { place, outcome };
    default:
      return outcome satisfies never;
  }
}

export const advanceWatermarks = statement(
  'advance_watermarks',
  `SELECT * FROM advance_watermarks($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::integer[])`,
  toAdvanceRow,
);

export interface Membership {
  userId: string;
  conversationId: string;
}

/** Clears pending marks; returns the memberships whose conversation was locked by another transaction. */
export const clearPendingMarks = statement(
  'settle_pending',
  `SELECT * FROM settle_pending($1::uuid[], $2::uuid[])`,
  columns<Membership>({ userId: text, conversationId: text }),
);

export interface UnreadCount extends Membership {
  readSeq: number;
  unreadCount: number;
}

export const unreadCounts = statement(
  'unread_counts',
  `SELECT p.user_id, p.conversation_id, p.read_seq, (
     SELECT count(*) FROM messages m
     WHERE m.conversation_id = p.conversation_id AND m.seq > p.read_seq AND m.seq >= p.joined_seq
       AND m.kind = 'message' AND NOT ${isGone('m')} AND m.sender_id <> p.user_id)
   FROM unnest($1::uuid[], $2::uuid[]) AS i (user_id, conversation_id)
   JOIN participants p ON p.conversation_id = i.conversation_id AND p.user_id = i.user_id`,
  columns<UnreadCount>({
    userId: text,
    conversationId: text,
    readSeq: number,
    unreadCount: number,
  }),
);

export const someMembers = statement(
  'some_members',
  'SELECT p.user_id FROM participants p WHERE p.conversation_id = $1::uuid LIMIT $2::integer',
  column(text),
);

export const receiptOf = statement(
  'read_receipt',
  `SELECT delivered_seq, read_seq FROM participants WHERE conversation_id = $1::uuid AND user_id = $2::uuid`,
  columns({ delivered_seq: number, read_seq: number }),
);

const RECIPIENTS = `FROM participants p
  JOIN messages m ON m.conversation_id = p.conversation_id AND m.seq = $2::bigint
  WHERE p.conversation_id = $1::uuid AND p.user_id <> m.sender_id AND p.joined_seq <= $2::bigint AND m.kind = 'message'`;

/** `requestedId`: the person who has not accepted this direct conversation yet. */
export const recipientCounts = statement(
  'status_counts',
  `SELECT count(*), count(*) FILTER (WHERE p.delivered_seq >= $2::bigint),
     count(*) FILTER (WHERE p.read_seq >= $2::bigint),
     (SELECT c.requested_id FROM conversations c WHERE c.id = $1::uuid) ${RECIPIENTS}`,
  columns({ recipients: number, delivered: number, read: number, requestedId: nullable(text) }),
);

const timeOrNull: Decoder<string | null> = nullable(isoSeconds);

export const recipientStatuses = statement(
  'statuses',
  `SELECT p.user_id, ${reachedAt('delivered')}, ${reachedAt('read')},
     p.delivered_seq >= $2::bigint, p.read_seq >= $2::bigint
   ${RECIPIENTS} AND p.user_id > $3::uuid ORDER BY p.user_id LIMIT $4::integer`,
  columns({
    userId: text,
    deliveredAt: timeOrNull,
    readAt: timeOrNull,
    isDelivered: flag,
    isRead: flag,
  }),
);

/**
 * SQL for the time at which the watermark first reached the message: from the log, else that of the current watermark.
 * A watermark's time is that of the first advance of its second, which may be earlier than the message.
 */
function reachedAt(kind: 'delivered' | 'read'): string {
  return `CASE WHEN p.${kind}_seq >= $2::bigint THEN
    extract(epoch FROM greatest(m.created_at, coalesce((
      SELECT w.at FROM watermark_log w
      WHERE w.conversation_id = p.conversation_id AND w.user_id = p.user_id AND w.kind = '${kind}'
        AND w.seq >= $2::bigint
      ORDER BY w.seq LIMIT 1), p.${kind}_at)))::float8 END`;
}
