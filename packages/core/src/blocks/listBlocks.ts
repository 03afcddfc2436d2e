import { guarded } from '@chasqui/db';
import type { Block } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import { decodePlace, encodePlace } from '../paging/pagePlace';
import type { Page, PageRequest } from '../paging/page';
import { isoTime } from '../messages/messageRows';

const BLOCKS = `SELECT b.blocked_id, u.username, u.display_name, extract(epoch FROM b.created_at)::float8
  FROM (
    SELECT * FROM blocks x WHERE x.blocker_id = $1::uuid
      AND (x.created_at, x.blocked_id) < ($2::timestamptz, $3::uuid)
    ORDER BY x.created_at DESC, x.blocked_id DESC LIMIT $4::integer
  ) b JOIN users u ON u.id = b.blocked_id ORDER BY b.created_at DESC, b.blocked_id DESC`;

const BEGINNING = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** Whom a user has blocked, latest first. Throws ValidationError for a cursor of another list. */
export async function listBlocks(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Block>> {
  const { at, id } = cursor === undefined ? BEGINNING : decodePlace('blocks', cursor);
  const rows = await guarded(() => db.query('blocks_of', BLOCKS, [userId, at, id, limit + 1]));
  const items = (rows as [string, string, string, number][])
    .slice(0, limit)
    .map(([user_id, username, display_name, created]) => {
      return { user_id, username, display_name, created_at: isoTime(created) };
    });
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items,
    nextCursor: more ? encodePlace('blocks', Date.parse(last.created_at), last.user_id) : null,
  };
}
