import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { IdentityStore } from '@chasqui/identity';
import type { PresenceStatus, UserStatusChanged } from '@chasqui/protocol';
import { Op } from 'sequelize';

/** Called once over all nodes for each change of somebody's presence. Never throws. */
export type PresenceNotifier = (userId: string, status: PresenceStatus, at: number) => void;

interface Deps {
  store: IdentityStore;
  core: Pick<ChatCore, 'members' | 'connections'>;
  log: Log;
}

const AT_ONCE = 4;

/**
 * Remembers when somebody was last seen, and tells those who may know (D10). When thousands come at
 * once the news queue up, and of one user only the latest counts.
 */
export function createPresenceNotifier({ store, core, log }: Deps): PresenceNotifier {
  const waiting = new Map<string, { status: PresenceStatus; at: number }>();
  const underWay = new Set<string>();

  async function tell(userId: string, status: PresenceStatus, at: number): Promise<void> {
    const seen = new Date(at);
    await store.users.update(
      { lastSeenAt: seen },
      {
        where: {
          id: userId,
          deletedAt: null,
          [Op.or]: [{ lastSeenAt: null }, { lastSeenAt: { [Op.lt]: seen } }],
        },
      },
    );
    const audience = await core.members.presenceAudience(userId);
    const event: UserStatusChanged = { userId, status, timestamp: seen.toISOString() };
    if (audience.length > 0) core.connections.emitToUsers(audience, 'user:status_changed', event);
  }

  function next(): void {
    for (const [userId, { status, at }] of waiting) {
      if (underWay.size >= AT_ONCE) return;
      // In order: the news before it has to be out.
      if (underWay.has(userId)) continue;
      waiting.delete(userId);
      underWay.add(userId);
      tell(userId, status, at)
        .catch((error: unknown) => log.warn({ err: error, userId }, 'presence was not told'))
        .finally(() => {
          underWay.delete(userId);
          next();
        });
    }
  }

  return (userId, status, at) => {
    waiting.delete(userId);
    waiting.set(userId, { status, at });
    next();
  };
}
