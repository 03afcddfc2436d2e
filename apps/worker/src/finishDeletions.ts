import type { AccountDeps } from '@pern/delivery/accounts/accountDeps';
import { finishDeletion, unfinishedDeletions } from '@pern/delivery/accounts/finishDeletion';
import { announceBy } from '@pern/delivery/announceBy';
import { createRecount } from '@pern/delivery/countAgain';
import type { Bus, Log } from '@pern/delivery/ports';
import { systemClock } from '@pern/delivery/systemClock';
import { createUnreadAnnouncer } from '@pern/delivery/unreadAnnouncer';

const ACCOUNTS_AT_ONCE = 20;

/**
 * Goes on with the deletions of accounts that a server began: the messages of a long life, or what a crash cut
 * off. One that fails delays no other. The connections of servers hear of it by the bus; what is lost on it they look
 * up, and devices that are offline find it by sync (D7).
 */
export function createDeletionFinisher({
  db,
  bus,
  log,
  isOver,
}: Pick<AccountDeps, 'db' | 'isOver'> & { bus: Bus; log: Log }) {
  const tell = announceBy((hint) => bus.publish(hint));
  const unread = createUnreadAnnouncer({
    ...{ db, clock: systemClock, log },
    tell: (events) => {
      if (events.length > 0) bus.publish({ type: 'users', events });
    },
  });
  const deps: AccountDeps = {
    ...{ db, isOver, announce: tell },
    countAgain: createRecount({ db, log, unread }),
  };
  return {
    async run(): Promise<void> {
      for (const userId of await unfinishedDeletions(deps, ACCOUNTS_AT_ONCE)) {
        if (isOver()) return;
        try {
          if (await finishDeletion(deps, userId)) log.info({ userId }, 'an account was deleted');
        } catch (error) {
          log.warn({ err: error, userId }, 'a deletion will be gone on with');
        }
      }
    },
    stop: () => unread.stop(),
  };
}
