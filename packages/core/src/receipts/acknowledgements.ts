import type { Database } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import type { Announce } from '../fanout/announce';
import { createPendingCleaner } from './clearPending';
import { createStatusAnnouncer } from './statusAnnouncer';
import { createUnreadRecount } from './unread/recountUnread';
import { createUnreadAnnouncer } from './unread/unreadAnnouncer';
import { type Advance, createWatermarks, type Watermarks } from './watermarks';

/** Acknowledgements of this node and everything that follows from them (R6 to R8). */
export interface Acknowledgements {
  readonly watermarks: Watermarks;
  /** Announces the unread counts of a conversation after a deletion. Never rejects. */
  recountUnread(conversationId: string): Promise<void>;
  /** Resolves when the acknowledgements in flight are stored and announced and their marks are cleared. */
  idle(): Promise<void>;
  stop(): void;
}

export function createAcknowledgements(deps: {
  db: Database;
  clock: Clock;
  log: Log;
  announce: Pick<Announce, 'toUsers'>;
  /** Called when a batch may have been committed without its receipts being announced. */
  onUnknown: () => void;
  /** Called with users whose marks were cleared; they may have been marked again. */
  onCleared: (userIds: string[]) => void;
}): Acknowledgements {
  const { db, log } = deps;
  const statuses = createStatusAnnouncer(deps);
  const unread = createUnreadAnnouncer(deps);
  const pending = createPendingCleaner(deps);

  function onAdvanced(advances: Advance[]): void {
    statuses.announce(advances);
    for (const { userId, conversationId, deviceNo, readMoved } of advances) {
      if (readMoved) unread.changed(userId, conversationId);
      if (deviceNo !== null) pending.acknowledged(userId, conversationId);
    }
  }

  const watermarks = createWatermarks({ db, onAdvanced, onUnknown: deps.onUnknown });
  return {
    watermarks,
    recountUnread: createUnreadRecount({ db, log, unread }),
    async idle() {
      await watermarks.idle();
      statuses.flush();
      if (!(await unread.flush())) deps.onUnknown();
      await pending.flush();
    },
    stop() {
      statuses.stop();
      unread.stop();
      pending.stop();
    },
  };
}
