import type { Database } from '@pern/db/connect';
import type { Clock, Log, Timer } from './ports';
import { countUnread } from './unreadCounts';

/** Tells a user's own devices how many are unread after the read position moved, or a message was deleted. */
export interface UnreadAnnouncer {
  changed(userId: string, conversationId: string): void;
  stop(): void;
}

/** Readers scroll: several moves within this time are counted once. */
const GATHER_MS = 50;
const MAX_BATCH = 200;

export function createUnreadAnnouncer(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  tell: (events: { userIds: string[]; event: string; json: string }[]) => void;
}): UnreadAnnouncer {
  let waiting = new Map<string, { userId: string; conversationId: string }>();
  let timer: Timer | undefined;
  let stopped = false;

  async function flush(): Promise<void> {
    const pairs = [...waiting.values()];
    waiting = new Map();
    for (let i = 0; i < pairs.length; i += MAX_BATCH) {
      try {
        const counts = await countUnread(deps.db, pairs.slice(i, i + MAX_BATCH));
        deps.tell(
          counts.map(({ userId, conversationId, unreadCount, readSeq }) => ({
            userIds: [userId],
            event: 'chat:unread_updated',
            json: JSON.stringify({ conversationId, unreadCount, readSeq }),
          })),
        );
      } catch (error) {
        // A count that was not told is told with the next one, and stands in every conversation read.
        deps.log.warn({ err: error }, 'counting unread messages failed');
      }
    }
  }

  return {
    changed(userId, conversationId) {
      if (stopped) return;
      waiting.set(`${userId} ${conversationId}`, { userId, conversationId });
      timer ??= deps.clock.setTimeout(() => {
        timer = undefined;
        void flush();
      }, GATHER_MS);
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
