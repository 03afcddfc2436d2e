import type { Database } from './connect';
import { isGone } from './functions/expiredAt';
import type { Snapshot } from './snapshot';

/**
 * What the auditor reads of a conversation: numbers and ids, never content. However long its history
 * and however many are in it, the cost has an end: beyond the limits below a stretch is read, another
 * one each time.
 */
export interface ConversationFacts {
  id: string;
  lastSeq: number;
  version: number;
  participantCount: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  /** Rows of participants. */
  memberRows: number;
  /** The highest seq of any entry, 0 without one. */
  highestSeq: number;
  /** The highest version of an entry that was changed after it was sent, 0 without one. */
  changedVersion: number;
  /** Entries that there are from `from` to `to`. */
  stretch: { from: number; to: number; count: number };
  /** Runs of entries without a gap in what was asked for, ascending: an older stretch, and the newest. */
  runs: EntryFacts[][];
  members: MemberFacts[];
}

export interface EntryFacts {
  seq: number;
  version: number;
  isMessage: boolean;
  isDeleted: boolean;
  /** Edited, deleted or reacted to: its version is not the one that it was sent with. */
  isChanged: boolean;
  senderId: string;
  /** A digest: people may write anything into the id. */
  clientMessageId: string | null;
}

export interface MemberFacts {
  userId: string;
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
  ackedSeq: number;
  purgedSeq: number;
  /** The furthest device, null without one. */
  furthestCursor: number | null;
  open: boolean;
  /** Milliseconds since 1970. */
  activityAt: number;
  pending: boolean;
  /** Some message by others lies beyond what any device has acknowledged. */
  unacknowledged: boolean;
  /** The same, beyond what was purged. */
  unacknowledgedSincePurge: boolean;
  /** Attempts of the delivery, null without one. */
  attempts: number | null;
}

const STRETCH = 20_000;
const RUN = 500;
const MEMBERS = 500;
// Half a thousand blocks hold some ten thousand conversations.
const BLOCKS = 500;

/**
 * Conversations to look at: half of them the most recently active ones, half of them any. In a large
 * instance both are taken from a random part of the table, so that no index has to be kept for this.
 */
export async function sampleConversations(
  { query }: Pick<Snapshot, 'query'>,
  size: number,
): Promise<string[]> {
  const [row] = await query(
    'audit_blocks',
    `SELECT (pg_relation_size('conversations') / current_setting('block_size')::bigint)::float8`,
    [],
  );
  const percent = Math.min(100, (BLOCKS / Math.max(1, Number(row?.[0]))) * 100);
  const rows = await query(
    'audit_sample',
    `WITH part AS MATERIALIZED (
       SELECT id, updated_at FROM conversations TABLESAMPLE SYSTEM ($1::real)
     )
     (SELECT id FROM part ORDER BY updated_at DESC LIMIT $2::int)
     UNION
     (SELECT id FROM part ORDER BY random() LIMIT $2::int)`,
    [percent, Math.ceil(size / 2)],
  );
  return rows.map(([id]) => String(id));
}

/** Null for a conversation that does not exist. */
export async function readConversationFacts(
  { query }: Pick<Snapshot, 'query'>,
  id: string,
): Promise<ConversationFacts | null> {
  const [row] = await query(
    'audit_conversation',
    `SELECT c.last_seq::float8, c.version::float8, c.participant_count,
       (extract(epoch FROM c.updated_at) * 1000)::float8,
       (SELECT count(*) FROM participants p WHERE p.conversation_id = c.id)::float8,
       (SELECT coalesce(max(m.seq), 0) FROM messages m WHERE m.conversation_id = c.id)::float8,
       (SELECT coalesce(max(m.version), 0) FROM messages m
        WHERE m.conversation_id = c.id AND m.changed_at IS NOT NULL)::float8
     FROM conversations c WHERE c.id = $1::uuid`,
    [id],
  );
  if (row === undefined) return null;
  const [lastSeq, version, participantCount, updatedAt, memberRows, highestSeq, changedVersion] =
    row.map(Number) as [number, number, number, number, number, number, number];
  const from = somewhere(lastSeq, STRETCH);
  const to = Math.min(lastSeq, from + STRETCH - 1);
  const [counted] = await query(
    'audit_stretch',
    `SELECT count(*)::float8 FROM messages
     WHERE conversation_id = $1::uuid AND seq BETWEEN $2::bigint AND $3::bigint`,
    [id, from, to],
  );
  const newestFrom = Math.max(1, lastSeq - RUN + 1);
  const older = newestFrom > 1 ? [await readRun(query, id, somewhere(newestFrom - 1, RUN))] : [];
  return {
    ...{ id, lastSeq, version, participantCount, updatedAt, memberRows, highestSeq },
    changedVersion,
    stretch: { from, to, count: Number(counted?.[0]) },
    runs: [...older, await readRun(query, id, newestFrom)],
    members: await readMembers(query, id, memberRows),
  };
}

/** Where a stretch of this length begins that lies somewhere in 1 … last. */
function somewhere(last: number, length: number): number {
  return 1 + Math.floor(Math.random() * Math.max(1, last - length + 1));
}

async function readRun(
  query: Database['query'],
  id: string,
  fromSeq: number,
): Promise<EntryFacts[]> {
  const rows = await query(
    'audit_run',
    `SELECT m.seq::float8, m.version::float8, m.kind = 'message', ${isGone('m')},
       m.changed_at IS NOT NULL, m.sender_id, md5(m.client_message_id)
     FROM messages m WHERE m.conversation_id = $1::uuid AND m.seq >= $2::bigint
     ORDER BY m.seq LIMIT $3::int`,
    [id, fromSeq, RUN],
  );
  return rows.map(([seq, version, isMessage, isDeleted, isChanged, senderId, clientId]) => ({
    seq: Number(seq),
    version: Number(version),
    isMessage: isMessage === true,
    isDeleted: isDeleted === true,
    isChanged: isChanged === true,
    senderId: String(senderId),
    clientMessageId: typeof clientId === 'string' ? clientId : null,
  }));
}

async function readMembers(
  query: Database['query'],
  id: string,
  rows: number,
): Promise<MemberFacts[]> {
  const [name, order] =
    rows > MEMBERS ? ['audit_some_members', 'random()'] : ['audit_members', 'user_id'];
  const found = await query(
    name,
    `WITH looked_at AS MATERIALIZED (
       SELECT * FROM participants WHERE conversation_id = $1::uuid ORDER BY ${order} LIMIT $2::int
     )
     SELECT p.user_id, p.joined_seq::float8, p.delivered_seq::float8, p.read_seq::float8,
       p.acked_seq::float8, p.purged_seq::float8,
       (SELECT max(value::bigint) FROM jsonb_each_text(p.cursors))::float8,
       p.open, (extract(epoch FROM p.activity_at) * 1000)::float8, p.pending,
       EXISTS (${unacknowledgedBeyond('p.acked_seq')}),
       EXISTS (${unacknowledgedBeyond('greatest(p.acked_seq, p.purged_seq)')}),
       d.attempts
     FROM looked_at p LEFT JOIN deliveries d ON d.user_id = p.user_id`,
    [id, MEMBERS],
  );
  return found.map((row) => ({
    userId: String(row[0]),
    joinedSeq: Number(row[1]),
    deliveredSeq: Number(row[2]),
    readSeq: Number(row[3]),
    ackedSeq: Number(row[4]),
    purgedSeq: Number(row[5]),
    furthestCursor: row[6] === null ? null : Number(row[6]),
    open: row[7] === true,
    activityAt: Number(row[8]),
    pending: row[9] === true,
    unacknowledged: row[10] === true,
    unacknowledgedSincePurge: row[11] === true,
    attempts: row[12] === null ? null : Number(row[12]),
  }));
}

const unacknowledgedBeyond = (seq: string): string => `
  SELECT FROM messages m WHERE m.conversation_id = p.conversation_id AND m.seq > ${seq}
    AND m.kind = 'message' AND m.sender_id <> p.user_id`;
