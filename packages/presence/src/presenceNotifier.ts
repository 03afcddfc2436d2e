import { type ChatCore, userStatusChanged } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { IdentityStore } from '@chasqui/identity';
import type { PresenceStatus } from '@chasqui/protocol';
import { Op } from 'sequelize';

/** Called for each presence change of a user, exactly once over all nodes. Never throws. */
export type PresenceNotifier = (userId: string, status: PresenceStatus, at: number) => void;

interface Deps {
  store: IdentityStore;
  core: Pick<ChatCore, 'members' | 'connections'>;
  log: Log;
}

const CONCURRENCY = 4;

/**
 * Stores when the user was last seen and notifies those who may see it (D10). If thousands of
 * changes arrive at once they are queued, and only the latest per user is sent.
 */
export function createPresenceNotifier({ store, core, log }: Deps): PresenceNotifier {
  const waiting = new Map<string, { status: PresenceStatus; at: number }>();
  const inFlight = new Set<string>();

  async function notify(userId: string, status: PresenceStatus, at: number): Promise<void> {
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
    if (audience.length > 0) {
      core.connections.sendToUsers(userStatusChanged(audience, userId, status, at));
    }
  }

  function next(): void {
    for (const [userId, { status, at }] of waiting) {
      if (inFlight.size >= CONCURRENCY) return;
      // Keep the order: the previous notification of this user must finish first.
      if (inFlight.has(userId)) continue;
      waiting.delete(userId);
      inFlight.add(userId);
      notify(userId, status, at)
        .catch((error: unknown) => log.warn({ err: error, userId }, 'presence change not sent'))
        .finally(() => {
          inFlight.delete(userId);
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
