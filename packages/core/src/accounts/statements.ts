import { column, columns, flag, number, statement, text } from '@chasqui/db';
import { COLUMNS, toMessage } from '../messages/messageRows';

/** Whether the deletion also erases messages; no row once it is complete. */
export const pendingDeletion = statement(
  'deletion_of',
  'SELECT erase_messages FROM account_deletions WHERE user_id = $1::uuid',
  column(flag),
);

export const oldestDeletions = statement(
  'unfinished_deletions',
  'SELECT user_id FROM account_deletions ORDER BY requested_at LIMIT $1::integer',
  column(text),
);

export const groupsToLeave = statement(
  'groups_to_leave',
  `SELECT p.conversation_id FROM participants p JOIN conversations c ON c.id = p.conversation_id
   WHERE p.user_id = $1::uuid AND c.type = 'group' LIMIT $2::integer`,
  column(text),
);

export const directsToBar = statement(
  'directs_to_bar',
  `SELECT p.conversation_id FROM participants p
   JOIN conversations c ON c.id = p.conversation_id JOIN account_deletions d ON d.user_id = p.user_id
   WHERE p.user_id = $1::uuid AND c.type = 'direct' AND p.conversation_id > d.directs_after
   ORDER BY p.conversation_id LIMIT $2::integer`,
  column(text),
);

/** Direct conversations that the user was asked to accept and has not accepted. */
export const requestedDirectsToBar = statement(
  'asked_to_bar',
  `SELECT r.conversation_id FROM requests r JOIN conversations c ON c.id = r.conversation_id
   WHERE r.to_id = $1::uuid AND c.requested_id = r.to_id AND c.barred IS DISTINCT FROM 'deleted' LIMIT $2::integer`,
  column(text),
);

export const membershipsAfter = statement(
  'memberships_to_export',
  `SELECT p.conversation_id FROM participants p
   WHERE p.user_id = $1::uuid AND p.conversation_id > $2::uuid ORDER BY p.conversation_id LIMIT $3::integer`,
  column(text),
);

export const nextFormerMembership = statement(
  'next_former',
  `SELECT f.conversation_id, f.from_seq, f.to_seq FROM former_memberships f
   WHERE f.user_id = $1::uuid AND (f.conversation_id, f.from_seq) > ($2::uuid, $3::bigint)
   ORDER BY f.conversation_id, f.from_seq LIMIT 1`,
  columns({ conversationId: text, fromSeq: number, toSeq: number }),
);

export const ownMessagesBetween = statement(
  'own_in_former',
  `SELECT ${COLUMNS}, 'sent' FROM messages m
   WHERE m.conversation_id = $1::uuid AND m.seq > $2::bigint AND m.seq <= $3::bigint
     AND m.sender_id = $4::uuid AND m.kind = 'message' ORDER BY m.seq LIMIT $5::integer`,
  toMessage,
);
