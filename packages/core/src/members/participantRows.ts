import type { Database } from '@chasqui/db';
import type { Participant } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { isoTime } from '../messages/messageRows';
import { jsonRows } from '../conversations/read/jsonRows';

/** A Participant as JSON, except that its time is in seconds; `p` is the membership, `u` the user. */
export const PARTICIPANT = `json_build_object('user_id', p.user_id, 'username', u.username,
  'display_name', u.display_name, 'role', p.role, 'joined_at', extract(epoch FROM p.joined_at)::float8,
  'joined_seq', p.joined_seq, 'delivered_seq', p.delivered_seq, 'read_seq', p.read_seq)`;

export type ParticipantRow = Omit<Participant, 'joined_at'> & { joined_at: number };

export function toParticipant(row: ParticipantRow): Participant {
  return { ...row, joined_at: isoTime(row.joined_at) };
}

const FIRST = `SELECT json_build_array(i.id, ${PARTICIPANT}) AS row
  FROM unnest($1::uuid[]) AS i (id)
  CROSS JOIN LATERAL (
    SELECT * FROM participants x WHERE x.conversation_id = i.id
    ORDER BY x.joined_at, x.user_id LIMIT $2::integer
  ) p
  JOIN users u ON u.id = p.user_id
  ORDER BY i.id, p.joined_at, p.user_id`;

/** The longest-standing participants of each of these conversations, at most `limit` of each. */
export async function firstParticipants(
  db: Database,
  conversationIds: string[],
  limit: number,
  transaction?: Transaction,
): Promise<Map<string, Participant[]>> {
  const rows = await jsonRows<[string, ParticipantRow]>(
    db,
    'first_participants',
    FIRST,
    [conversationIds, limit],
    transaction,
  );
  const byConversation = new Map<string, Participant[]>();
  for (const [id, row] of rows) {
    const participants = byConversation.get(id);
    if (participants === undefined) byConversation.set(id, [toParticipant(row)]);
    else participants.push(toParticipant(row));
  }
  return byConversation;
}

const REQUESTED = `SELECT json_build_array(p.conversation_id, ${PARTICIPANT}) AS row
  FROM (
    SELECT c.id AS conversation_id, c.requested_id AS user_id, 'member' AS role, c.created_at AS joined_at,
      1 AS joined_seq, 0 AS delivered_seq, 0 AS read_seq
    FROM conversations c WHERE c.id = ANY ($1::uuid[]) AND c.requested_id IS NOT NULL
  ) p JOIN users u ON u.id = p.user_id`;

/**
 * Of these direct conversations the second person, where they have not accepted: shown to the sender with the positions
 * of somebody who has got nothing, whatever they have looked at. Asks nothing when there are no ids.
 */
export async function requestedParticipants(
  db: Database,
  conversationIds: string[],
  transaction?: Transaction,
): Promise<Map<string, Participant>> {
  if (conversationIds.length === 0) return new Map();
  const rows = await jsonRows<[string, ParticipantRow]>(
    db,
    'requested_participants',
    REQUESTED,
    [conversationIds],
    transaction,
  );
  return new Map(rows.map(([id, row]) => [id, toParticipant(row)]));
}

const ONE = `SELECT ${PARTICIPANT} AS row FROM participants p JOIN users u ON u.id = p.user_id
  WHERE p.conversation_id = $1 AND p.user_id = $2`;

/** One participant; undefined when the user is none. */
export async function readParticipant(
  db: Database,
  transaction: Transaction,
  conversationId: string,
  userId: string,
): Promise<Participant | undefined> {
  const [row] = await jsonRows<ParticipantRow>(
    db,
    'participant',
    ONE,
    [conversationId, userId],
    transaction,
  );
  return row && toParticipant(row);
}
