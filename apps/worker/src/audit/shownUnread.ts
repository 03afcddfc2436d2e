import { countUnread, readConversations } from '@chasqui/core';
import type { ConversationFacts, Database, Snapshot } from '@chasqui/db';
import { covers, type ShownUnread } from './rules';

/** Members per query of `chat:unread_updated`. */
const BY_EVENT = 50;
/** Members whose conversation list is read; each costs a query. */
const BY_LIST = 2;

/**
 * Reads unread counts of random members with the queries of the product: as sent by `chat:unread_updated`, and as
 * shown in the conversation list. Only members whose count the audit can verify.
 */
export async function shownUnread(
  db: Database,
  { query, transaction }: Snapshot,
  { id, runs, members }: ConversationFacts,
): Promise<ShownUnread[]> {
  const userIds = members
    .filter((member) => covers(runs.at(-1) ?? [], member))
    .map(({ userId }) => userId);
  const pairs = randomPart(userIds, BY_EVENT).map((userId) => ({ userId, conversationId: id }));
  const counts = await countUnread({ ...db, query }, pairs);
  const shown = counts.map(({ userId, unreadCount }): ShownUnread => {
    return { userId, source: 'event', count: unreadCount };
  });
  for (const userId of randomPart(userIds, BY_LIST)) {
    const [read] = await readConversations(db, userId, [id], { preview: true, transaction });
    if (read) shown.push({ userId, source: 'list', count: read.my.unread_count });
  }
  return shown;
}

function randomPart<T>(all: T[], count: number): T[] {
  const start = Math.floor(Math.random() * all.length);
  return [...all.slice(start), ...all.slice(0, start)].slice(0, count);
}
