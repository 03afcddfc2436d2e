import {
  column,
  columns,
  command,
  nullable,
  number,
  oneOf,
  type RawRow,
  statement,
  text,
} from '@chasqui/db';
import type { Participant } from '@chasqui/protocol';
import { isoSeconds } from '../../messages/messageRows';

/** Columns of a Participant; `p` is the membership, `u` the user. */
const PARTICIPANT = `p.user_id, u.username, u.display_name, p.role, extract(epoch FROM p.joined_at)::float8,
  p.joined_seq, p.delivered_seq, p.read_seq`;

const role = oneOf('admin', 'moderator', 'member');

const toParticipant = columns<Participant>({
  user_id: text,
  username: text,
  display_name: text,
  role,
  joined_at: isoSeconds,
  joined_seq: number,
  delivered_seq: number,
  read_seq: number,
});

/** A participant with the conversation they belong to. */
export interface Placed {
  conversationId: string;
  participant: Participant;
}

function toPlaced([conversationId, ...row]: RawRow): Placed {
  return { conversationId: text(conversationId), participant: toParticipant(row) };
}

export const firstParticipantsOf = statement(
  'first_participants',
  `SELECT i.id, ${PARTICIPANT}
   FROM unnest($1::uuid[]) AS i (id)
   CROSS JOIN LATERAL (
     SELECT * FROM participants x WHERE x.conversation_id = i.id
     ORDER BY x.joined_at, x.user_id LIMIT $2::integer
   ) p
   JOIN users u ON u.id = p.user_id
   ORDER BY i.id, p.joined_at, p.user_id`,
  toPlaced,
);

/** The second person of direct conversations they have not accepted, as a participant who has received nothing. */
export const requestedOf = statement(
  'requested_participants',
  `SELECT p.conversation_id, ${PARTICIPANT}
   FROM (
     SELECT c.id AS conversation_id, c.requested_id AS user_id, 'member' AS role, c.created_at AS joined_at,
       1 AS joined_seq, 0 AS delivered_seq, 0 AS read_seq
     FROM conversations c WHERE c.id = ANY ($1::uuid[]) AND c.requested_id IS NOT NULL
   ) p JOIN users u ON u.id = p.user_id`,
  toPlaced,
);

export const participantOf = statement(
  'participant',
  `SELECT ${PARTICIPANT} FROM participants p JOIN users u ON u.id = p.user_id
   WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid`,
  toParticipant,
);

export const participantsAfter = statement(
  'participants_of',
  `SELECT ${PARTICIPANT} FROM (
     SELECT x.* FROM participants me JOIN participants x ON x.conversation_id = me.conversation_id
     WHERE me.conversation_id = $1::uuid AND me.user_id = $2::uuid
       AND (x.joined_at, x.user_id) > ($3::timestamptz, $4::uuid)
     ORDER BY x.joined_at, x.user_id LIMIT $5::integer
   ) p JOIN users u ON u.id = p.user_id ORDER BY p.joined_at, p.user_id`,
  toParticipant,
);

/** No row for a user who is not a participant; `requestedId` is the person who has not accepted yet. */
export const membershipWithRequest = statement(
  'participation',
  `SELECT c.requested_id FROM participants p JOIN conversations c ON c.id = p.conversation_id
   WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid`,
  columns({ requestedId: nullable(text) }),
);

/** Locks the rows of existing users, so that a deletion of their account waits for this transaction. */
export const existingUsers = statement(
  'existing_users',
  `SELECT u.id FROM users u WHERE u.id = ANY ($1::uuid[]) AND u.deleted_at IS NULL
   ORDER BY u.id FOR KEY SHARE`,
  column(text),
);

export const lockUserRow = command(
  'lock_user',
  'SELECT FROM users WHERE id = $1::uuid FOR NO KEY UPDATE',
);

export const lockMemberRows = command(
  'lock_members',
  `SELECT FROM participants WHERE conversation_id = $1::uuid AND (NOT open OR user_id = ANY ($2::uuid[]))
   ORDER BY conversation_id, user_id FOR NO KEY UPDATE`,
);

/** The next admin if this user leaves, or a present one. */
export const mostSeniorOther = statement(
  'most_senior_other',
  `SELECT user_id, role FROM participants
   WHERE conversation_id = $1::uuid AND user_id <> $2::uuid
   ORDER BY array_position(ARRAY['admin', 'moderator', 'member'], role), joined_at, joined_seq, user_id
   LIMIT 1`,
  columns({ userId: text, role }),
);

/** Deletes a membership. Its row is open, so it records itself where its changes began. */
export const deleteMembership = command(
  'end_membership',
  `WITH gone AS (
     DELETE FROM participants WHERE conversation_id = $1::uuid AND user_id = $2::uuid RETURNING *
   ), forgotten AS (
     DELETE FROM watermark_log WHERE conversation_id = $1::uuid AND user_id = $2::uuid
   ), kept AS (
     INSERT INTO former_memberships (user_id, conversation_id, from_seq, to_seq, left_at)
     SELECT user_id, conversation_id, joined_seq, $3::bigint, CASE WHEN $4::boolean THEN now() END
     FROM gone WHERE joined_seq <= $3::bigint
     ON CONFLICT DO NOTHING
   )
   INSERT INTO changes
     (user_id, closed_pos, conversation_id, from_seq, from_version, from_pos, removed)
   SELECT user_id, nextval('change_pos'), conversation_id, from_seq, from_version, from_pos, true
   FROM gone`,
);

/** Deletes the user's delivery if no mark of theirs is left. */
export const clearDelivery = command(
  'settle_user',
  'SELECT FROM settle_pending($1::uuid[], ARRAY[]::uuid[])',
);
