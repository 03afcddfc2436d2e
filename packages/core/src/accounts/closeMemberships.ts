import { NotFoundError } from '@chasqui/protocol';
import { removeParticipant } from '../members/removeParticipant';
import type { AccountDeps } from './accountDeps';
import { barDirect } from './barDirect';

const AT_ONCE = 50;

const GROUPS = `SELECT p.conversation_id FROM participants p JOIN conversations c ON c.id = p.conversation_id
  WHERE p.user_id = $1 AND c.type = 'group' LIMIT $2`;
const DIRECTS = `SELECT p.conversation_id FROM participants p
  JOIN conversations c ON c.id = p.conversation_id JOIN account_deletions d ON d.user_id = p.user_id
  WHERE p.user_id = $1 AND c.type = 'direct' AND p.conversation_id > d.directs_after
  ORDER BY p.conversation_id LIMIT $2`;

const ASKED = `SELECT r.conversation_id FROM requests r JOIN conversations c ON c.id = r.conversation_id
  WHERE r.to_id = $1 AND c.requested_id = r.to_id AND c.barred IS DISTINCT FROM 'deleted' LIMIT $2`;

/**
 * Leaves every group, as its member would, with the event and a new admin where it takes one, and ends every
 * direct conversation. Each is a transaction of its own, so it may be cut short, repeated and done by two at
 * once. Resolves to whether all are done.
 */
export async function closeMemberships(deps: AccountDeps, userId: string): Promise<boolean> {
  const { db } = deps;
  for (;;) {
    const groups = await db.query('groups_to_leave', GROUPS, [userId, AT_ONCE]);
    if (groups.length === 0) break;
    for (const [id] of groups as [string][]) {
      if (deps.isOver()) return false;
      await removeParticipant(deps, userId, id, userId).catch((error: unknown) => {
        // Somebody was quicker.
        if (!(error instanceof NotFoundError)) throw error;
      });
    }
  }
  for (;;) {
    const directs = await db.query('directs_to_bar', DIRECTS, [userId, AT_ONCE]);
    if (directs.length === 0) break;
    for (const [id] of directs as [string][]) {
      if (deps.isOver()) return false;
      await barDirect(deps, userId, id);
    }
  }
  // What they were asked for and never accepted: those who asked see that the account is gone.
  for (;;) {
    const asked = await db.query('asked_to_bar', ASKED, [userId, AT_ONCE]);
    if (asked.length === 0) return true;
    for (const [id] of asked as [string][]) {
      if (deps.isOver()) return false;
      await barDirect(deps, userId, id);
    }
  }
}
