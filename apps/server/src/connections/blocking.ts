import { blockChanged, type ChatCore, userStatusChanged } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { PresenceReader } from '@chasqui/identity';
import type { PresenceStatus } from '@chasqui/protocol';

/** Blocks users, and updates the presence that two users show each other. */
export interface Blocking {
  /** As `core.blocks.block`; a user who was shown as online to the other is shown as offline from then on. */
  block(userId: string, otherId: string): Promise<void>;
  /** As `core.blocks.unblock`; the two see each other's presence again, unless the other blocks as well. */
  unblock(userId: string, otherId: string): Promise<void>;
  list: ChatCore['blocks']['list'];
  /** Call when two users first share a conversation: each sees whether the other is online. Never throws. */
  introduce(one: string, other: string): Promise<void>;
}

interface Deps {
  core: Pick<ChatCore, 'blocks' | 'members' | 'connections'>;
  presence: PresenceReader;
  now: () => number;
  log: Pick<Log, 'warn'>;
}

export function createBlocking({ core, presence, now, log }: Deps): Blocking {
  const seeEachOther = async (one: string, other: string): Promise<boolean> =>
    (await core.members.sharesConversation(one, [other])).has(other);

  /** Sends `shown` to each of the two as the other's status, if the other is online. Offline users already show as offline. */
  async function sendStatus(one: string, other: string, shown: PresenceStatus): Promise<void> {
    const statuses = await presence.statusOf([one, other]);
    const at = now();
    for (const [who, to] of [
      [one, other],
      [other, one],
    ] as const) {
      if (statuses.get(who) !== 'online') continue;
      core.connections.sendToUsers(userStatusChanged([to], who, shown, at));
    }
  }

  return {
    async block(userId, otherId) {
      const shown = await seeEachOther(userId, otherId);
      const { changed } = await core.blocks.block(userId, otherId);
      if (changed) core.connections.sendToUsers(blockChanged(userId, otherId, true));
      if (changed && shown) await sendStatus(userId, otherId, 'offline');
    },
    async unblock(userId, otherId) {
      const { changed } = await core.blocks.unblock(userId, otherId);
      if (changed) core.connections.sendToUsers(blockChanged(userId, otherId, false));
      if (changed && (await seeEachOther(userId, otherId)))
        await sendStatus(userId, otherId, 'online');
    },
    list: (userId, page) => core.blocks.list(userId, page),
    async introduce(one, other) {
      try {
        if (await seeEachOther(one, other)) await sendStatus(one, other, 'online');
      } catch (error) {
        log.warn({ err: error }, 'presence was not announced');
      }
    },
  };
}
