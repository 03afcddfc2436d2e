import type { Database } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import { someMembers } from '../statements';
import type { UnreadAnnouncer } from './unreadAnnouncer';

/** Members whose unread count is announced after a deletion; the others see it with their next fetch. */
const MAX_ANNOUNCED = 100;

/**
 * Announces the unread counts of up to 100 members after a deletion. If that fails it is logged: the deletion is
 * committed, and every fetch returns the right count. Never rejects.
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
      const members = await someMembers.rows(db, conversationId, MAX_ANNOUNCED);
      for (const member of members) unread.changed(member, conversationId);
    } catch (error) {
      log.warn({ err: error }, 'counting unread messages after a deletion failed');
    }
  };
}
