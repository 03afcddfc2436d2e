import type { ConnectionEffects } from '../connectionEffects';
import type { Following } from './following';

/** The conversations that a connection delivers: all of its user's, or those it names. */
export type Follows = 'all' | readonly string[];

/** See FollowControl; `followAll(true)` delivers only what is announced by `expect`. */
export interface Followed {
  follow(conversationId: string, following?: Following): void;
  unfollow(conversationId: string): void;
  followAll(all: boolean): void;
  /** Whether nothing of this conversation is delivered now. */
  skips(conversationId: string): boolean;
}

export function createFollowed(effects: ConnectionEffects, follows: Follows = 'all'): Followed {
  const { isClosed, cursors } = effects;
  let all = follows === 'all';
  const named = new Set(follows === 'all' ? [] : follows);
  const has = (conversationId: string): boolean => all || named.has(conversationId);

  return {
    follow(conversationId, following = {}) {
      if (isClosed()) return;
      named.add(conversationId);
      const cursor = effects.cursorOf(conversationId);
      if (cursor.sent !== undefined) {
        following.located?.(true);
        return;
      }
      cursor.following = following;
      effects.raise(cursor, 0);
    },
    unfollow(conversationId) {
      named.delete(conversationId);
      const cursor = cursors.get(conversationId);
      if (cursor !== undefined && !has(conversationId)) effects.forget(cursor);
    },
    followAll(value) {
      all = value;
      for (const cursor of [...cursors.values()]) {
        if (!has(cursor.conversationId)) effects.forget(cursor);
      }
    },
    skips: (conversationId) => isClosed() || !has(conversationId),
  };
}
