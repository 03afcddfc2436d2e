import { guarded, inTransaction, withTransaction } from '@chasqui/db';
import type { AccountDeps } from './accountDeps';
import { closeMemberships } from './closeMemberships';
import { eraseMessages } from './eraseMessages';
import { deleteRemains, oldestDeletions, pendingDeletion } from './statements';

/**
 * Finishes a deletion after the transaction that ended the account: leaves its groups, ends its direct conversations,
 * erases its messages if requested, and deletes its remaining rows. It may stop anywhere, be repeated and run
 * concurrently. Resolves with whether the deletion is complete.
 */
export async function finishDeletion(deps: AccountDeps, userId: string): Promise<boolean> {
  return guarded(async () => {
    const erases = await pendingDeletion.row(deps.db, userId);
    if (erases === undefined) return true;
    if (!(await closeMemberships(deps, userId))) return false;
    if (erases && !(await eraseMessages(deps, userId))) return false;
    await deleteRest(deps, userId);
    return true;
  });
}

async function deleteRest({ db }: AccountDeps, userId: string): Promise<void> {
  await withTransaction(db, async (transaction) => {
    const on = inTransaction(transaction);
    for (const deletion of deleteRemains) await deletion.run(on, userId);
  });
}

/** Accounts whose deletion is not complete, oldest request first. */
export async function unfinishedDeletions(
  { db }: Pick<AccountDeps, 'db'>,
  limit: number,
): Promise<string[]> {
  return guarded(() => oldestDeletions.rows(db, limit));
}
