import { columns, type Database, number, statement, text } from '@chasqui/db';
import { membershipOf } from '../../members/rows/membershipOf';
import { CHANGED_SINCE } from '../../sync/statements';
import type { BacklogConversation } from '../backlog/backlog';

/**
 * What a client that returns has received, for protocols in which the client states its position, such as the
 * Last-Event-ID of server-sent events.
 */
export interface ResumePoint {
  /** A sync cursor of the user between two syncs: everything before it has been received. */
  readonly cursor: string;
  /** By conversation, the seq up to which entries after the cursor have been received. */
  readonly seqs: ReadonlyMap<string, number>;
}

// As in the backlog of a device (backlog/backlog.ts), with the client's position in place of the device's. A client cannot have
// received more than there is: after a restore from a backup, its position is cut to what exists.
const resumed = statement(
  'resumed_conversations',
  `SELECT r.conversation_id, r.position::float8, r.last_seq::float8 FROM (
    SELECT n.conversation_id, c.last_seq,
      greatest(least(greatest(n.from_seq, s.seq), c.last_seq), p.joined_seq - 1) AS position
    FROM (${CHANGED_SINCE}) n
    LEFT JOIN unnest($3::uuid[], $4::bigint[]) AS s (conversation_id, seq) ON s.conversation_id = n.conversation_id
    ${membershipOf('n.conversation_id')} p ON true
    JOIN conversations c ON c.id = n.conversation_id
  ) r
  ORDER BY (SELECT m.created_at FROM messages m
    WHERE m.conversation_id = r.conversation_id AND m.seq = r.position + 1), r.conversation_id`,
  columns<BacklogConversation>({ conversationId: text, position: number, lastSeq: number }),
);

/**
 * The conversations that changed since position `since` of the user's change log (R5), with the client's position in
 * each, the one with the oldest unreceived entry first. The client has received everything of all others.
 */
export function readResumed(
  db: Database,
  userId: string,
  since: number,
  seqs: ReadonlyMap<string, number>,
): Promise<BacklogConversation[]> {
  return resumed.rows(db, userId, since, [...seqs.keys()], [...seqs.values()]);
}

/** An acknowledgement that follows from a resume point. */
export interface Received {
  readonly conversationId: string;
  readonly seq: number;
}

/**
 * What the device has not acknowledged although its client has received it. `backlog` must have been read before
 * `found`: a conversation that is not in `found` had not changed by then, so its backlog was received completely.
 */
export function receivedBy(
  backlog: readonly BacklogConversation[],
  found: readonly BacklogConversation[],
): Received[] {
  const positions = new Map(
    found.map(({ conversationId, position }) => [conversationId, position]),
  );
  return backlog
    .map(({ conversationId, position, lastSeq }) => {
      const seq = Math.min(positions.get(conversationId) ?? lastSeq, lastSeq);
      return { conversationId, seq, isNew: seq > position };
    })
    .filter(({ isNew }) => isNew)
    .map(({ conversationId, seq }) => ({ conversationId, seq }));
}
