import { NotFoundError } from '@chasqui/protocol';
import { removeParticipant } from '../members/removeParticipant';
import type { AccountDeps } from './accountDeps';
import { barDirect } from './barDirect';
import { directsToBar, groupsToLeave, requestedDirectsToBar } from './statements';

const PAGE = 50;

/**
 * Leaves every group as a member would, with an event and a new admin if necessary, and bars every direct
 * conversation. Each conversation is one transaction, so this may stop anywhere, be repeated and run concurrently.
 * Resolves with whether no conversation is left.
 */
export async function closeMemberships(deps: AccountDeps, userId: string): Promise<boolean> {
  const { db } = deps;
  const leave = (id: string): Promise<void> =>
    removeParticipant(deps, userId, id, userId).catch((error: unknown) => {
      // Another process removed the user in the meantime.
      if (!(error instanceof NotFoundError)) throw error;
    });
  const bar = (id: string): Promise<void> => barDirect(deps, userId, id);
  // Includes conversations not accepted yet, so that their requesters see that the account was deleted.
  const steps = [
    { find: groupsToLeave, close: leave },
    { find: directsToBar, close: bar },
    { find: requestedDirectsToBar, close: bar },
  ];
  for (const { find, close } of steps) {
    for (;;) {
      const ids = await find.rows(db, userId, PAGE);
      if (ids.length === 0) break;
      for (const id of ids) {
        if (deps.isOver()) return false;
        await close(id);
      }
    }
  }
  return true;
}
