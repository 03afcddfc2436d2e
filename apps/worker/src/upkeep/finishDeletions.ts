import {
  type AccountDeps,
  announceBy,
  createUnreadRecount,
  createUnreadAnnouncer,
  finishDeletion,
  unfinishedDeletions,
} from '@chasqui/core';
import type { Bus } from '@chasqui/core/ports';
import { type Log, systemClock } from '@chasqui/foundation';

const ACCOUNTS_AT_ONCE = 20;

/**
 * Continues account deletions that a server started but did not finish, because there were many messages or because
 * it crashed. A failing deletion does not delay the others. Servers with live connections are notified over the bus;
 * lost notifications are made up by polling, and offline devices learn of the deletion by sync (D7).
 */
export function createDeletionFinisher({
  db,
  bus,
  log,
  isOver,
}: Pick<AccountDeps, 'db' | 'isOver'> & { bus: Bus; log: Log }) {
  const notify = announceBy((notification) => bus.publish(notification));
  const unread = createUnreadAnnouncer({
    ...{ db, clock: systemClock, log },
    announce: notify,
  });
  const deps: AccountDeps = {
    ...{ db, isOver, announce: notify },
    recountUnread: createUnreadRecount({ db, log, unread }),
  };
  return {
    async run(): Promise<void> {
      for (const userId of await unfinishedDeletions(deps, ACCOUNTS_AT_ONCE)) {
        if (isOver()) return;
        try {
          if (await finishDeletion(deps, userId)) log.info({ userId }, 'an account was deleted');
        } catch (error) {
          log.warn({ err: error, userId }, 'an account deletion failed and will be retried');
        }
      }
    },
    stop: () => unread.stop(),
  };
}
