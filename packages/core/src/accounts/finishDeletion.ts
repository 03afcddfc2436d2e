import { guarded, withTransaction } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import type { AccountDeps } from './accountDeps';
import { closeMemberships } from './closeMemberships';
import { eraseMessages } from './eraseMessages';

const REQUEST = 'SELECT erase_messages FROM account_deletions WHERE user_id = $1';

/** What is the user's alone. The note of what is to be done goes last, with the rest of it. */
const REMAINS = ['blocks', 'devices', 'changes', 'deliveries', 'former_memberships'] as const;

/**
 * Does what is left of a deletion once nobody can act in the account's name any more: leaves its groups, ends
 * its direct conversations, erases its messages if that was asked for, and forgets the rest. It may be cut short anywhere,
 * called again and run by several at once. Resolves to whether nothing is left to do.
 */
export async function finishDeletion(deps: AccountDeps, userId: string): Promise<boolean> {
  return guarded(async () => {
    const [request] = await deps.db.query('deletion_of', REQUEST, [userId]);
    if (request === undefined) return true;
    if (!(await closeMemberships(deps, userId))) return false;
    const [erases] = request as [boolean];
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

const DUE = 'SELECT user_id FROM account_deletions ORDER BY requested_at LIMIT $1';

/** Accounts of which something is left to do, the longest-standing first. */
export async function unfinishedDeletions(
  { db }: Pick<AccountDeps, 'db'>,
  limit: number,
): Promise<string[]> {
  const rows = await guarded(() => db.query('unfinished_deletions', DUE, [limit]));
  return (rows as [string][]).map(([id]) => id);
}
