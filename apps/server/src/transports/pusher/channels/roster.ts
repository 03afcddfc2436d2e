import type { ChatCore } from '@chasqui/core';
import type { PresenceReader } from '@chasqui/identity';
import { PARTICIPANTS_EMBEDDED_MAX, type PresenceStatus } from '@chasqui/protocol';

/** The members of a presence channel as its subscribers see them. */
export interface PresenceData {
  readonly presence: {
    readonly count: number;
    readonly ids: readonly string[];
    readonly hash: Readonly<Record<string, MemberInfo>>;
  };
}

export interface MemberInfo {
  readonly username: string;
  readonly display_name: string;
}

/**
 * The participants of a conversation who are online, over all nodes and transports (D10), as one user may see them. Groups
 * above 100 show nobody but the user.
 */
export interface Roster {
  /** Call once. Throws NotFoundError unless the user is a participant, UnavailableError without PostgreSQL. */
  load(): Promise<PresenceData>;
  statusChanged(userId: string, status: PresenceStatus): void;
  /** Somebody joined or left the conversation: reads its participants again. */
  participantsChanged(): void;
}

interface Deps {
  core: Pick<ChatCore, 'conversations' | 'members'>;
  presence: PresenceReader;
  userId: string;
  conversationId: string;
  added: (userId: string, info: MemberInfo) => void;
  removed: (userId: string) => void;
}

export function createRoster({ core, presence, userId, conversationId, ...notify }: Deps): Roster {
  let participants = new Map<string, MemberInfo>();
  const online = new Set<string>();
  /** Statuses that changed while the participants are being read. */
  let changed = new Map<string, PresenceStatus>();
  let isReading = false;
  let isOutdated = false;

  async function read(): Promise<{ found: Map<string, MemberInfo>; areOnline: Set<string> }> {
    const conversation = await core.conversations.read(userId, conversationId);
    const isLarge = conversation.participant_count > PARTICIPANTS_EMBEDDED_MAX;
    const shown = conversation.participants.filter((one) => !isLarge || one.user_id === userId);
    const ids = shown.map((one) => one.user_id);
    // Without those who block the user or are blocked.
    const visible = await core.members.sharesConversation(userId, ids);
    const statuses = await presence.statusOf([...visible]);
    const found = new Map<string, MemberInfo>();
    for (const { user_id, username, display_name } of shown) {
      if (visible.has(user_id)) found.set(user_id, { username, display_name });
    }
    const isOnline = (id: string): boolean =>
      id === userId || (changed.get(id) ?? statuses.get(id)) === 'online';
    return { found, areOnline: new Set([...found.keys()].filter(isOnline)) };
  }

  async function refresh(): Promise<void> {
    isReading = true;
    try {
      do {
        isOutdated = false;
        changed = new Map();
        const { found, areOnline } = await read();
        participants = found;
        for (const id of [...online]) if (!areOnline.has(id)) remove(id);
        for (const id of areOnline) add(id);
      } while (isOutdated);
    } finally {
      isReading = false;
    }
  }

  function add(id: string): void {
    const info = participants.get(id);
    if (info === undefined || online.has(id)) return;
    online.add(id);
    notify.added(id, info);
  }

  function remove(id: string): void {
    if (online.delete(id)) notify.removed(id);
  }

  return {
    async load() {
      isReading = true;
      const { found, areOnline } = await read();
      isReading = false;
      participants = found;
      for (const id of areOnline) online.add(id);
      const shown = [...found].filter(([id]) => online.has(id));
      return {
        presence: {
          count: shown.length,
          ids: shown.map(([id]) => id),
          hash: Object.fromEntries(shown),
        },
      };
    },
    statusChanged(id, status) {
      if (isReading) changed.set(id, status);
      else if (id === userId) return;
      else if (status === 'online') add(id);
      else remove(id);
    },
    participantsChanged() {
      isOutdated = true;
      // Without an answer the roster stays as it is until the next change.
      if (!isReading) refresh().catch(() => undefined);
    },
  };
}
