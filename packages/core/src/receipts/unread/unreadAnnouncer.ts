import type { Database } from '@chasqui/db';
import type { Clock, Log, Timer } from '@chasqui/foundation';
import { unreadUpdated } from '../../events/receiptEvents';
import type { Announce } from '../../fanout/announce';
import { countUnread } from './unreadCounts';

/** Tells a user's own devices how many are unread after the read position moved, or a message was deleted. */
export interface UnreadAnnouncer {
  changed(userId: string, conversationId: string): void;
  /** Announces now what has been gathered. Resolves with whether every count was announced. Never rejects. */
  flush(): Promise<boolean>;
  stop(): void;
}

/** Readers scroll: several moves within this time are counted once. */
const GATHER_MS = 50;
const MAX_BATCH = 200;
const RETRY_MS = 1_000;

interface Pair {
  userId: string;
  conversationId: string;
}

export function createUnreadAnnouncer(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  announce: Pick<Announce, 'toUsers'>;
}): UnreadAnnouncer {
  let waiting = new Map<string, Pair>();
  let timer: Timer | undefined;
  let stopped = false;
  let running: Promise<boolean> | undefined;

  function add(pair: Pair): void {
    waiting.set(`${pair.userId} ${pair.conversationId}`, pair);
  }

  function flushIn(ms: number): void {
    if (stopped) return;
    timer ??= deps.clock.setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms);
  }

  async function flush(): Promise<boolean> {
    while (running !== undefined) await running;
    const announced = announceAll();
    running = announced;
    try {
      return await announced;
    } finally {
      running = undefined;
    }
  }

  async function announceAll(): Promise<boolean> {
    const pairs = [...waiting.values()];
    waiting = new Map();
    for (let i = 0; i < pairs.length; i += MAX_BATCH) {
      try {
        const counts = await countUnread(deps.db, pairs.slice(i, i + MAX_BATCH));
        deps.announce.toUsers(...counts.map(unreadUpdated));
      } catch (error) {
        // The read is committed, and nothing else notifies the reader's other devices.
        deps.log.warn({ err: error }, 'counting unread messages failed; will count again');
        pairs.slice(i).forEach(add);
        flushIn(RETRY_MS);
        return false;
      }
    }
    return true;
  }

  return {
    changed(userId, conversationId) {
      if (stopped) return;
      add({ userId, conversationId });
      flushIn(GATHER_MS);
    },
    flush,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
