import { column, command, statement, text } from '@chasqui/db';
import { isBlockedBetween } from './isBlockedBetween';

export const lockPairKey = command(
  'lock_pair',
  'SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))',
);

export const blockedUsersAmong = statement(
  'blocked_among',
  `SELECT o.id FROM unnest($2::uuid[]) AS o (id) WHERE ${isBlockedBetween('$1::uuid', 'o.id')}`,
  column(text),
);

/** Returns a row if the block is new. */
export const addBlock = command(
  'add_block',
  `INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1::uuid, $2::uuid)
   ON CONFLICT DO NOTHING RETURNING blocker_id`,
);

/** Returns a row if there was a block. */
export const removeBlock = command(
  'remove_block',
  'DELETE FROM blocks WHERE blocker_id = $1::uuid AND blocked_id = $2::uuid RETURNING blocker_id',
);

export const directByKey = statement(
  'direct_by_key',
  'SELECT id FROM conversations WHERE direct_key = $1::text',
  column(text),
);

/** Returns a row if the bar changes. A conversation barred by an account deletion stays barred. */
export const barByBlocks = command(
  'bar_by_blocks',
  `UPDATE conversations c SET barred = now_is.bar, version = version + 1
   FROM (SELECT CASE WHEN EXISTS (
       SELECT FROM blocks b
       WHERE b.blocker_id = ANY ($2::uuid[]) AND b.blocked_id = ANY ($2::uuid[])
         AND b.blocker_id IS DISTINCT FROM k.requested_id) THEN 'blocked' END AS bar
     FROM conversations k WHERE k.id = $1::uuid) now_is
   WHERE c.id = $1::uuid AND barred IS DISTINCT FROM now_is.bar AND barred IS DISTINCT FROM 'deleted'
   RETURNING c.id`,
);

/** Declines the open requests of one user to another and returns their conversations. */
export const declineRequestsFrom = statement(
  'decline_requests_from',
  `UPDATE requests SET state = 'declined', settled_at = now()
   WHERE to_id = $1::uuid AND from_id = $2::uuid AND state = 'open' RETURNING conversation_id`,
  column(text),
);
