import { column, columns, flag, nullable, number, statement, text } from '@chasqui/db';
import type { Receipt } from '@chasqui/protocol';
import { membershipOf } from '../members/rows/membershipOf';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';

/** A conversation that changed since the cursor, and where the change began (RULES.md, R5). */
export interface ChangedConversation {
  conversationId: string;
  isMember: boolean;
  joinedSeq: number;
  fromSeq: number;
  fromVersion: number;
  fromPos: number;
}

/** Closes the user's open rows; `until` is null for an unknown user, `open` counts the rows open before. */
export const beginSync = statement(
  'begin_sync',
  `SELECT begin_sync($1::uuid), (
     SELECT count(*) FROM participants p WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open)`,
  columns({ until: nullable(number), open: number }),
);

export const changePosition = statement(
  'sync_change_position',
  'SELECT s.last_value::float8 FROM change_pos s',
  column(number),
);

/** Conversations that changed after position $2, each with the seq that was its last one before. */
export const CHANGED_SINCE = `SELECT x.conversation_id, min(x.from_seq) AS from_seq FROM (
    SELECT o.conversation_id, o.from_seq FROM participants o
    WHERE uuid_send(o.user_id) = uuid_send($1::uuid) AND o.open
    UNION ALL
    SELECT l.conversation_id, l.from_seq FROM changes l WHERE l.user_id = $1 AND l.closed_pos > $2
  ) x GROUP BY x.conversation_id`;

export const coveredSeqs = statement(
  'sync_covered_seqs',
  `SELECT n.conversation_id, n.from_seq::float8 FROM (${CHANGED_SINCE}) n`,
  columns({ conversationId: text, seq: number }),
);

/** OFFSET 0 keeps the planner from searching all rows of a conversation for the open ones (D12). */
export const changedConversations = statement(
  'sync_changed',
  `SELECT s.conversation_id, p.user_id IS NOT NULL, coalesce(p.joined_seq, 0),
     min(s.from_seq), min(s.from_version), min(s.from_pos)
   FROM (
     SELECT o.conversation_id, o.from_seq, o.from_version, o.from_pos
     FROM participants o WHERE uuid_send(o.user_id) = uuid_send($1::uuid) AND o.open
     UNION ALL
     SELECT l.conversation_id, l.from_seq, l.from_version, l.from_pos
     FROM changes l WHERE l.user_id = $1 AND l.closed_pos > $2
     OFFSET 0
   ) s
   LEFT ${membershipOf('s.conversation_id')} p ON true
   WHERE s.conversation_id >= $3
   GROUP BY s.conversation_id, p.user_id, p.joined_seq ORDER BY s.conversation_id LIMIT $4`,
  columns<ChangedConversation>({
    conversationId: text,
    isMember: flag,
    joinedSeq: number,
    fromSeq: number,
    fromVersion: number,
    fromPos: number,
  }),
);

// Each statement joins the membership again: it may have ended since the conversations were read (R9).
const VISIBLE = `FROM messages m
  JOIN participants me ON me.conversation_id = m.conversation_id AND me.user_id = $1 AND me.joined_seq <= m.seq
  WHERE m.conversation_id = $2`;

/** `seq + 0` keeps the planner from searching by seq, so every plan reads only changed entries (D12). */
export const changedMessages = statement(
  'sync_changed_messages',
  `SELECT ${COLUMNS}, ${STATUS} ${VISIBLE}
   AND m.changed_at IS NOT NULL AND m.version > $3 AND m.seq + 0 <= $4 ORDER BY m.version LIMIT $5`,
  toMessage,
);

/** Seq has no gaps, so a page is a range and no plan reads more than the page (D12). */
export const newMessages = statement(
  'sync_new_messages',
  `SELECT ${COLUMNS}, ${STATUS} ${VISIBLE} AND m.seq > $3 AND m.seq <= $3 + $4 ORDER BY m.seq LIMIT $4`,
  toMessage,
);

export const movedReceipts = statement(
  'sync_receipts',
  `SELECT p.conversation_id, p.user_id, p.delivered_seq, p.read_seq
   FROM unnest($2::uuid[], $3::bigint[]) AS i (conversation_id, from_pos)
   ${membershipOf('i.conversation_id')} me ON true
   JOIN participants p ON p.conversation_id = i.conversation_id AND p.moved_pos > i.from_pos`,
  columns<Receipt>({
    conversation_id: text,
    user_id: text,
    delivered_seq: number,
    read_seq: number,
  }),
);

/** Rows of conversations that were busy when the sync began are still open; then one more page finds nothing. */
export const hasChangesSince = statement(
  'sync_changed_since',
  `SELECT EXISTS (SELECT FROM participants p WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open)
     OR EXISTS (SELECT FROM changes l WHERE l.user_id = $1 AND l.closed_pos > $2)`,
  column(flag),
);

export const membershipsAmong = statement(
  'sync_members_again',
  `SELECT p.conversation_id FROM participants p
   WHERE p.conversation_id = ANY ($2::uuid[]) AND p.user_id = $1::uuid`,
  column(text),
);
