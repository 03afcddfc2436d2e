import { columns, guarded, statement, text } from '@chasqui/db';
import type { Block } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import { decodePlace, encodePlace } from '../paging/pagePlace';
import type { Page, PageRequest } from '../paging/page';
import { isoSeconds } from '../messages/messageRows';

const blocksBefore = statement(
  'blocks_of',
  `SELECT b.blocked_id, u.username, u.display_name, extract(epoch FROM b.created_at)::float8
   FROM (
     SELECT * FROM blocks x WHERE x.blocker_id = $1::uuid
       AND (x.created_at, x.blocked_id) < ($2::timestamptz, $3::uuid)
     ORDER BY x.created_at DESC, x.blocked_id DESC LIMIT $4::integer
   ) b JOIN users u ON u.id = b.blocked_id ORDER BY b.created_at DESC, b.blocked_id DESC`,
  columns<Block>({ user_id: text, username: text, display_name: text, created_at: isoSeconds }),
);

const BEGINNING = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** The users that this one blocks, latest block first. Throws ValidationError for a cursor of another list. */
export async function listBlocks(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Block>> {
  const { at, id } = cursor === undefined ? BEGINNING : decodePlace('blocks', cursor);
  const rows = await guarded(() => blocksBefore.rows(db, userId, at, id, limit + 1));
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items,
    nextCursor: more ? encodePlace('blocks', Date.parse(last.created_at), last.user_id) : null,
  };
}
