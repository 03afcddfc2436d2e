import { columns, guarded, number, statement, text } from '@chasqui/db';
import type { Conversation } from '@chasqui/protocol';
import type { Page, PageRequest } from '../../paging/page';
import type { ChangeDeps } from '../changeDeps';
import { conversationBytesAtMost, fitPage } from '../../paging/pageBytes';
import { decodePlace, encodePlace } from '../../paging/pagePlace';
import { readConversations } from './readConversations';

// Resting rows carry the conversation's updated_at, ordered by an index. Open rows are few (D12).
const recent = statement(
  'recent_conversations',
  `SELECT r.id, (extract(epoch FROM r.at) * 1000)::float8 FROM (
    (SELECT p.conversation_id AS id, c.updated_at AS at
     FROM participants p JOIN conversations c ON c.id = p.conversation_id
     WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open AND (c.updated_at, c.id) < ($2::timestamptz, $3::uuid)
     ORDER BY c.updated_at DESC, c.id DESC LIMIT $4::integer)
    UNION ALL
    (SELECT p.conversation_id, p.activity_at FROM participants p
     WHERE p.user_id = $1::uuid AND NOT p.open
       AND (p.activity_at, p.conversation_id) < ($2::timestamptz, $3::uuid)
     ORDER BY p.activity_at DESC, p.conversation_id DESC LIMIT $4::integer)
  ) r ORDER BY r.at DESC, r.id DESC LIMIT $4::integer`,
  columns({ id: text, at: number }),
);

const BEGINNING = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/**
 * The user's conversations, latest activity first. The cost grows with the page and the number of open conversations,
 * not with the number of resting ones (D12). Throws ValidationError for a cursor of another list.
 */
export async function listConversations(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Conversation>> {
  const { at, id } = cursor === undefined ? BEGINNING : decodePlace('recent', cursor);
  return guarded(async () => {
    const rows = await recent.rows(db, userId, at, id, limit + 1);
    const places = new Map(rows.slice(0, limit).map((row) => [row.id, row.at]));
    const all = await readConversations(db, userId, [...places.keys()], { preview: true });
    const items = fitPage(all, conversationBytesAtMost);
    // The next page starts after the last id read, even if that conversation has been left since and is not shown.
    const last = items.length < all.length ? items.at(-1)?.id : [...places.keys()].at(-1);
    const lastAt = last === undefined ? undefined : places.get(last);
    const hasMore = items.length < all.length || rows.length > limit;
    return {
      items,
      nextCursor:
        hasMore && last !== undefined && lastAt !== undefined
          ? encodePlace('recent', lastAt, last)
          : null,
    };
  });
}
