import { inTransaction } from '@chasqui/db';
import type { GroupChange } from '../conversations/group/changeGroup';
import { mostSeniorOther } from './rows/statements';

/**
 * The member who becomes admin when this admin leaves: the longest-standing moderator, else member. Undefined if
 * another admin or nobody stays.
 */
export async function findSuccessor(
  { transaction, group }: GroupChange,
  leavingUserId: string,
): Promise<string | undefined> {
  const other = await mostSeniorOther.row(inTransaction(transaction), group.id, leavingUserId);
  return other?.role === 'admin' ? undefined : other?.userId;
}
