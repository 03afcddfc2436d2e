import type { Wakeups } from '../ports/index';
import type { LocalConnections } from './localConnections';

/**
 * Requests a wake-up for those users who have no connection on this node (D5). A send requests one only when it sets
 * a mark. A user who leaves during a chat leaves a mark behind that keeps later sends from doing so, so the node
 * requests it when the user leaves. The worker drops the job if nothing is pending.
 */
export function createWakeAbsent(
  connections: Pick<LocalConnections, 'has'>,
  wakeups: Wakeups,
): (userIds: string[]) => void {
  return (userIds) => {
    const absent = userIds.filter((userId) => !connections.has(userId));
    if (absent.length > 0) wakeups.enqueueAfterCommit(absent);
  };
}
