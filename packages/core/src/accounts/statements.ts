import { column, columns, command, flag, number, statement, text } from '@chasqui/db';
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

export const barDeleted = command(
  'bar_deleted',
  `UPDATE conversations SET barred = 'deleted', version = version + 1 WHERE id = $1::uuid`,
);

/** Clears the device positions and receipts of a membership, so that nothing wakes the user. */
export const resetMembership = command(
  'reset_membership',
  `UPDATE participants p SET pending = false, purged_seq = c.last_seq, cursors = '{}',
     delivered_at = NULL, read_at = NULL
   FROM conversations c WHERE c.id = $1::uuid AND p.conversation_id = c.id AND p.user_id = $2::uuid`,
);

export const forgetWatermarks = command(
  'forget_watermarks',
  'DELETE FROM watermark_log WHERE conversation_id = $1::uuid AND user_id = $2::uuid',
);

export const noteBarred = command(
  'note_barred',
  `UPDATE account_deletions SET directs_after = greatest(directs_after, $2::uuid) WHERE user_id = $1::uuid`,
);

/** Deletes the rows that belong to the user alone. `account_deletions` comes last, because it records what is left to do. */
export const deleteRemains = [
  command(
    'delete_requests_of',
    'DELETE FROM requests WHERE from_id = $1::uuid OR to_id = $1::uuid',
  ),
  command('delete_blocks_of', 'DELETE FROM blocks WHERE blocker_id = $1::uuid'),
  command('delete_devices_of', 'DELETE FROM devices WHERE user_id = $1::uuid'),
  command('delete_changes_of', 'DELETE FROM changes WHERE user_id = $1::uuid'),
  command('delete_deliveries_of', 'DELETE FROM deliveries WHERE user_id = $1::uuid'),
  command(
    'delete_former_memberships_of',
    'DELETE FROM former_memberships WHERE user_id = $1::uuid',
  ),
  command('delete_deletion_of', 'DELETE FROM account_deletions WHERE user_id = $1::uuid'),
] as const;
