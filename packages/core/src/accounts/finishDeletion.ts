import { guarded, withTransaction } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import type { AccountDeps } from './accountDeps';
import { closeMemberships } from './closeMemberships';
import { eraseMessages } from './eraseMessages';
import { oldestDeletions, pendingDeletion } from './statements';

/** Tables whose rows belong to one user. `account_deletions` comes last, because it records what is left to do. */
const REMAINS = ['blocks', 'devices', 'changes', 'deliveries', 'former_memberships'] as const;

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
    await forgetRest(deps, userId);
    return true;
  });
}

async function forgetRest({ db }: AccountDeps, userId: string): Promise<void> {
  await withTransaction(db, async (transaction) => {
    await db.sequelize.query('DELETE FROM requests WHERE from_id = $userId OR to_id = $userId', {
      ...{ bind: { userId }, type: QueryTypes.DELETE, transaction },
    });
    for (const table of [...REMAINS, 'account_deletions']) {
      const column = table === 'blocks' ? 'blocker_id' : 'user_id';
      await db.sequelize.query(`DELETE FROM ${table} WHERE ${column} = $userId`, {
        bind: { userId },
        type: QueryTypes.DELETE,
        transaction,
      });
    }
  });
}

/** Accounts whose deletion is not complete, oldest request first. */
export async function unfinishedDeletions(
  { db }: Pick<AccountDeps, 'db'>,
  limit: number,
): Promise<string[]> {
  return guarded(() => oldestDeletions.rows(db, limit));
}
