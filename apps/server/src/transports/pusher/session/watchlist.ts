import type { ChatCore } from '@chasqui/core';
import type { PresenceReader } from '@chasqui/identity';
import { isEventOf, type PresenceStatus, type ServerEvent } from '@chasqui/protocol';
import { errorFrame, watchlistEvents } from '../wire/protocolFrames';

/** Shows a user who signed in which of their contacts are online (D10). */
export interface Watchlist {
  /** Sends the present statuses; changes follow. Throws UnavailableError without PostgreSQL. */
  open(userId: string): Promise<void>;
  deliver(event: ServerEvent): void;
}

interface Deps {
  core: Pick<ChatCore, 'members'>;
  presence: PresenceReader;
  write: (frame: Buffer) => void;
}

/** Users on a watchlist, as on Pusher Channels. */
const WATCHED_MAX = 100;

export function createWatchlist({ core, presence, write }: Deps): Watchlist {
  const watched = new Map<string, PresenceStatus>();

  return {
    async open(userId) {
      const contacts = await core.members.presenceAudience(userId);
      const shown = contacts.slice(0, WATCHED_MAX);
      if (contacts.length > WATCHED_MAX)
        write(errorFrame(4302, `only the first ${WATCHED_MAX} users of the watchlist are watched`));
      const statuses = await presence.statusOf(shown);
      for (const id of shown) watched.set(id, watched.get(id) ?? statuses.get(id) ?? 'offline');
      const named = (status: PresenceStatus): string[] =>
        [...watched].filter(([, one]) => one === status).map(([id]) => id);
      const events = [
        { name: 'online' as const, user_ids: named('online') },
        { name: 'offline' as const, user_ids: named('offline') },
      ].filter(({ user_ids }) => user_ids.length > 0);
      if (events.length > 0) write(watchlistEvents(events));
    },
    deliver(event) {
      if (!isEventOf(event, 'user:status_changed')) return;
      const { userId, status } = event.data;
      if (!watched.has(userId) || watched.get(userId) === status) return;
      watched.set(userId, status);
      write(watchlistEvents([{ name: status, user_ids: [userId] }]));
    },
  };
}
