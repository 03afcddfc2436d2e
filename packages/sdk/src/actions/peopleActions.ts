import { findUsers, noAnswer, presenceOffline, presenceOnline, typing } from '@chasqui/protocol';
import type { ChatClient } from '../chatClient';
import type { Clock } from '../scheduling/clock';
import type { Rest } from '../transport/rest';
import type { ChatSocket } from '../transport/socket';
import type { Fetcher } from '../sync/fetcher';

export interface PeopleActions extends Pick<
  ChatClient,
  'setTyping' | 'setVisible' | 'findUsers' | 'watchUser'
> {
  /** Sends visibility and loads watched presence again on a new connection. */
  connected(): void;
  /** Clears everything that belongs to the signed-out user. */
  reset(): void;
}

/** Shorter than the six seconds after which the indicator expires (D10). */
const TYPING_EVERY_MS = 3_000;
/** Users whose presence is loaded again after a reconnect: about as many as a list shows. */
const WATCHED_MAX = 50;

interface Deps {
  rest: Rest;
  clock: Clock;
  fetcher: Fetcher;
  socket: () => Pick<ChatSocket, 'request'> | undefined;
}

export function createPeopleActions({ rest, clock, fetcher, socket }: Deps): PeopleActions {
  const typingSentAt = new Map<string, number>();
  /** Most recently requested last. */
  const watched = new Set<string>();
  let isVisible = true;

  /** Sends without retries: a late notification would be useless. */
  function send(name: string, ...data: unknown[]): void {
    void socket()
      ?.request({ name }, noAnswer, ...data)
      .catch(() => undefined);
  }

  return {
    setTyping(conversationId, isTyping) {
      const sentAt = typingSentAt.get(conversationId);
      if (isTyping && sentAt !== undefined && clock.now() - sentAt < TYPING_EVERY_MS) return;
      if (!isTyping && sentAt === undefined) return;
      if (isTyping) typingSentAt.set(conversationId, clock.now());
      else typingSentAt.delete(conversationId);
      send(typing.name, { conversationId, isTyping });
    },
    setVisible(visible) {
      if (visible === isVisible) return;
      isVisible = visible;
      send(visible ? presenceOnline.name : presenceOffline.name);
    },
    async findUsers(query, cursor) {
      const trimmed = query.trim();
      const page = await rest.call(findUsers, findUsers.answers[200], {
        query: { query: trimmed === '' ? undefined : trimmed, cursor },
      });
      return { users: page.users, nextCursor: page.next_cursor };
    },
    async watchUser(userId) {
      watched.delete(userId);
      watched.add(userId);
      for (const oldest of watched) {
        if (watched.size <= WATCHED_MAX) break;
        watched.delete(oldest);
      }
      await fetcher.user(userId);
    },
    connected() {
      typingSentAt.clear();
      if (!isVisible) send(presenceOffline.name);
      for (const userId of watched) void fetcher.user(userId).catch(() => undefined);
    },
    reset() {
      watched.clear();
      typingSentAt.clear();
      isVisible = true;
    },
  };
}
