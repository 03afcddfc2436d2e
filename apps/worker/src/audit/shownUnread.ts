import type { ConversationFacts } from '@pern/db/audit';
import type { Database } from '@pern/db/connect';
import type { Snapshot } from '@pern/db/snapshot';
import { readConversations } from '@pern/delivery/conversations/readConversations';
import { countUnread } from '@pern/delivery/unreadCounts';
import { covers, type ShownUnread } from './rules';

/** Members whose counts are asked for at a time: the number is the cost. */
const BY_EVENT = 50;
/** Each of these is a query of its own. */
const BY_LIST = 2;

/**
 * The unread counts of some members as they are told (by `chat:unread_updated`) and as they read them
 * (in a conversation), by the very queries that do so; of those for whom they can be counted again.
 */
export async function shownUnread(
  db: Database,
  { query, transaction }: Snapshot,
  { id, runs, members }: ConversationFacts,
): Promise<ShownUnread[]> {
  const userIds = members
    .filter((member) => covers(runs.at(-1) ?? [], member))
    .map(({ userId }) => userId);
  const pairs = anyOf(userIds, BY_EVENT).map((userId) => ({ userId, conversationId: id }));
  const told = await countUnread({ ...db, query }, pairs);
  const shown = told.map(({ userId, unreadCount }): ShownUnread => {
    return { userId, door: 'event', count: unreadCount };
  });
  for (const userId of anyOf(userIds, BY_LIST)) {
    const [read] = await readConversations(db, userId, [id], { preview: true, transaction });
    if (read) shown.push({ userId, door: 'list', count: read.my.unread_count });
  }
  return shown;
}

function anyOf<T>(all: T[], count: number): T[] {
  const start = Math.floor(Math.random() * all.length);
  return [...all.slice(start), ...all.slice(0, start)].slice(0, count);
}
