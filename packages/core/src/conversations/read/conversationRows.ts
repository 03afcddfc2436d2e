import { type ConversationForAll, type Participant, REQUEST_MESSAGES_MAX } from '@chasqui/protocol';
import { COLUMNS, isoTime, toMessage } from '../../messages/messageRows';

/** Entries searched for the last message. Bounds the cost when many events follow it. */
const LAST_MESSAGE_WITHIN = 1_000;

/** The fields of a conversation `c` and its last message `l` that are the same for all viewers, for json_build_object. */
export const CONVERSATION = `'id', c.id, 'type', c.type, 'title', c.title, 'created_by', c.created_by,
  'created_at', extract(epoch FROM c.created_at)::float8,
  'updated_at', extract(epoch FROM c.updated_at)::float8, 'version', c.version,
  'last_seq', c.last_seq, 'retention_s', c.retention_s, 'barred', c.barred,
  'retention_from_seq', CASE WHEN c.retention_s IS NOT NULL THEN (
    SELECT s.from_seq FROM retention_spans s WHERE s.conversation_id = c.id ORDER BY s.from_seq DESC LIMIT 1
  ) END,
  'history_request_by', c.history_request_by, 'history_request_s', c.history_request_s,
  'participant_count', c.participant_count + (c.requested_id IS NOT NULL)::integer, 'requested_id', c.requested_id,
  'last_message', l.row`;

/**
 * Joins `l`, the newest message of `c` at `fromSeq` or later, including tombstones. Any plan reads only the end of the
 * log: seq has no gaps, so a range bounds the rows (D12).
 */
export function lastMessageJoin(fromSeq: string, status: string): string {
  return `LEFT JOIN LATERAL (
    SELECT m.seq, json_build_array(${COLUMNS}, ${status}) AS row
    FROM (
      SELECT * FROM messages x WHERE x.conversation_id = c.id AND x.seq >= ${fromSeq}
        AND x.seq > c.last_seq - ${LAST_MESSAGE_WITHIN}
    ) m
    WHERE m.kind = 'message' ORDER BY m.seq DESC LIMIT 1
  ) l ON true`;
}

export type ConversationRow = Omit<
  ConversationForAll,
  | 'created_at'
  | 'updated_at'
  | 'last_message'
  | 'participants'
  | 'retention_from_seq'
  | 'history_request'
  | 'request'
> & {
  created_at: number;
  updated_at: number;
  last_message: unknown[] | null;
  retention_from_seq: number | null;
  history_request_by: string | null;
  history_request_s: number | null;
  requested_id: string | null;
};

/** Converts a row of CONVERSATION to what clients see. */
export function toConversation(
  row: ConversationRow,
  participants: Participant[],
): ConversationForAll {
  return {
    id: row.id,
    type: row.type,
    title: row.title,
    created_by: row.created_by,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
    version: row.version,
    last_seq: row.last_seq,
    retention_s: row.retention_s,
    retention_from_seq: row.retention_from_seq ?? 1,
    history_request:
      row.history_request_by === null || row.history_request_s === null
        ? null
        : { user_id: row.history_request_by, retention_s: row.history_request_s },
    barred: row.barred,
    request:
      row.requested_id === null
        ? null
        : { to: row.requested_id, messages_max: REQUEST_MESSAGES_MAX },
    participant_count: row.participant_count,
    last_message: row.last_message === null ? null : toMessage(row.last_message),
    participants,
  };
}
