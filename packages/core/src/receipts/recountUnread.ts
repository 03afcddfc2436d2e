import type { Database } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { UnreadAnnouncer } from './unreadAnnouncer';

const TOLD_TO = 100;

/**
 * After a deletion: has members told how many are unread, a hundred at the most. The message is deleted whether or not
 * this works: a count that is not told stands in every fetch. Never rejects.
 */
export function createUnreadRecount({
  db,
  log,
  unread,
}: {
  db: Database;
  log: Log;
  unread: Pick<UnreadAnnouncer, 'changed'>;
}): (conversationId: string) => Promise<void> {
  return async (conversationId) => {
    try {
      const rows = await db.query(
        'some_members',
        'SELECT p.user_id FROM participants p WHERE p.conversation_id = $1 LIMIT $2',
        [conversationId, TOLD_TO],
      );
      for (const [member] of rows as [string][]) unread.changed(member, conversationId);
    } catch (error) {
      log.warn({ err: error }, 'counting unread messages after a deletion failed');
    }
  };
}
