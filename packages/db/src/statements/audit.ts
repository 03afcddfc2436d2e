import { isGone } from '../functions/retention/expiredAt';
import { column, columns, flag, nullable, number, text } from './columns';
import { statement } from './statement';

/** An entry of a conversation, as the auditor sees it. */
export interface EntryFacts {
  seq: number;
  version: number;
  isMessage: boolean;
  isDeleted: boolean;
  /** Edited, deleted or reacted to, so its version is later than the one it was sent with. */
  isChanged: boolean;
  senderId: string;
  /** A digest: clients may put anything into the id. */
  clientMessageId: string | null;
}

/** A participant of a conversation, as the auditor sees it. */
export interface MemberFacts {
  userId: string;
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
  ackedSeq: number;
  purgedSeq: number;
  /** Position of the most advanced device; null without devices. */
  furthestCursor: number | null;
  open: boolean;
  /** Milliseconds since 1970. */
  activityAt: number;
  pending: boolean;
  /** Some message by another user lies beyond what any device has acknowledged. */
  unacknowledged: boolean;
  /** Some message by another user lies beyond both the acknowledged and the purged position. */
  unacknowledgedSincePurge: boolean;
  /** Attempts of the delivery; null without a delivery. */
  attempts: number | null;
}

export const conversationBlocks = statement(
  'audit_blocks',
  `SELECT (pg_relation_size('conversations') / current_setting('block_size')::bigint)::float8`,
  column(number),
);

export const conversationSample = statement(
  'audit_sample',
  `WITH part AS MATERIALIZED (
     SELECT id, updated_at FROM conversations TABLESAMPLE SYSTEM ($1::real)
   )
   (SELECT id FROM part ORDER BY updated_at DESC LIMIT $2::int)
   UNION
   (SELECT id FROM part ORDER BY random() LIMIT $2::int)`,
  column(text),
);

export const conversationCounters = statement(
  'audit_conversation',
  `SELECT c.last_seq, c.version, c.participant_count,
     (extract(epoch FROM c.updated_at) * 1000)::float8,
     (SELECT count(*) FROM participants p WHERE p.conversation_id = c.id),
     (SELECT coalesce(max(m.seq), 0) FROM messages m WHERE m.conversation_id = c.id),
     (SELECT coalesce(max(m.version), 0) FROM messages m
      WHERE m.conversation_id = c.id AND m.changed_at IS NOT NULL)
   FROM conversations c WHERE c.id = $1::uuid`,
  columns({
    lastSeq: number,
    version: number,
    participantCount: number,
    updatedAt: number,
    memberRows: number,
    highestSeq: number,
    changedVersion: number,
  }),
);

export const entriesInRange = statement(
  'audit_stretch',
  `SELECT count(*) FROM messages
   WHERE conversation_id = $1::uuid AND seq BETWEEN $2::bigint AND $3::bigint`,
  column(number),
);

export const entryRun = statement(
  'audit_run',
  `SELECT m.seq, m.version, m.kind = 'message', ${isGone('m')},
     m.changed_at IS NOT NULL, m.sender_id, md5(m.client_message_id)
   FROM messages m WHERE m.conversation_id = $1::uuid AND m.seq >= $2::bigint
   ORDER BY m.seq LIMIT $3::int`,
  columns<EntryFacts>({
    seq: number,
    version: number,
    isMessage: flag,
    isDeleted: flag,
    isChanged: flag,
    senderId: text,
    clientMessageId: nullable(text),
  }),
);

export const firstMembers = members('audit_members', 'user_id');
export const randomMembers = members('audit_some_members', 'random()');

function members(name: string, order: 'user_id' | 'random()') {
  return statement(
    name,
    `WITH sample AS MATERIALIZED (
       SELECT * FROM participants WHERE conversation_id = $1::uuid ORDER BY ${order} LIMIT $2::int
     )
     SELECT p.user_id, p.joined_seq, p.delivered_seq, p.read_seq, p.acked_seq, p.purged_seq,
       (SELECT max(value::bigint) FROM jsonb_each_text(p.cursors)),
       p.open, (extract(epoch FROM p.activity_at) * 1000)::float8, p.pending,
       EXISTS (${unacknowledgedBeyond('p.acked_seq')}),
       EXISTS (${unacknowledgedBeyond('greatest(p.acked_seq, p.purged_seq)')}),
       d.attempts
     FROM sample p LEFT JOIN deliveries d ON d.user_id = p.user_id`,
    columns<MemberFacts>({
      userId: text,
      joinedSeq: number,
      deliveredSeq: number,
      readSeq: number,
      ackedSeq: number,
      purgedSeq: number,
      furthestCursor: nullable(number),
      open: flag,
      activityAt: number,
      pending: flag,
      unacknowledged: flag,
      unacknowledgedSincePurge: flag,
      attempts: nullable(number),
    }),
  );
}

function unacknowledgedBeyond(seq: string): string {
  return `
    SELECT FROM messages m WHERE m.conversation_id = p.conversation_id AND m.seq > ${seq}
      AND m.kind = 'message' AND m.sender_id <> p.user_id`;
}
