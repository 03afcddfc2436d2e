import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { PresenceReader } from '@chasqui/identity';
import type { BlockChanged, PresenceStatus, UserStatusChanged } from '@chasqui/protocol';

/** Blocks, and what becomes of the presence that was shown before. */
export interface Blocking {
  /** As `core.blocks.block`; whoever was shown as online to the other is shown as offline from then on. */
  block(userId: string, otherId: string): Promise<void>;
  /** As `core.blocks.unblock`; each is shown again as they are, unless the other blocks as well. */
  unblock(userId: string, otherId: string): Promise<void>;
  list: ChatCore['blocks']['list'];
  /** These two see each other from now on: each learns that the other is online. Never throws. */
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

  /** Each of the two hears of the other, if the other is online: who is offline is shown so already. */
  async function tell(one: string, other: string, shown: PresenceStatus): Promise<void> {
    const statuses = await presence.statusOf([one, other]);
    const timestamp = new Date(now()).toISOString();
    for (const [who, to] of [
      [one, other],
      [other, one],
    ] as const) {
      if (statuses.get(who) !== 'online') continue;
      const event: UserStatusChanged = { userId: who, status: shown, timestamp };
      core.connections.emitToUsers([to], 'user:status_changed', event);
    }
  }

  /** On all devices, also the one that asked: it may have been asked by REST alone. */
  function tellBlocker(userId: string, change: BlockChanged): void {
    core.connections.emitToUsers([userId], 'chat:block_changed', change);
  }

  return {
    async block(userId, otherId) {
      const shown = await seeEachOther(userId, otherId);
      const { changed } = await core.blocks.block(userId, otherId);
      if (changed) tellBlocker(userId, { userId: otherId, blocked: true });
      if (changed && shown) await tell(userId, otherId, 'offline');
    },
    async unblock(userId, otherId) {
      const { changed } = await core.blocks.unblock(userId, otherId);
      if (changed) tellBlocker(userId, { userId: otherId, blocked: false });
      if (changed && (await seeEachOther(userId, otherId))) await tell(userId, otherId, 'online');
    },
    list: (userId, page) => core.blocks.list(userId, page),
    async introduce(one, other) {
      try {
        if (await seeEachOther(one, other)) await tell(one, other, 'online');
      } catch (error) {
        log.warn({ err: error }, 'presence was not announced');
      }
    },
  };
}
