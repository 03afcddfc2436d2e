import type { ConnectionEffects } from '../connectionEffects';
import type { Following } from './following';

/** The conversations that a connection delivers: all of its user's, or those it names. */
export type Follows = 'all' | readonly string[];

/** See FollowControl; `followAll(true)` delivers only what is announced by `expect`. */
export interface Followed {
  /** The conversations that are delivered; undefined: all. */
  readonly names: ReadonlySet<string> | undefined;
  follow(conversationId: string, following?: Following): void;
  unfollow(conversationId: string): void;
  followAll(all: boolean): void;
  /**
   * Forgets the positions that live entries have caused to be read: those of the device do not count for a client that
   * states its own. Call before anything is sent; returns up to where there were entries.
   */
  forgetPositions(): { conversationId: string; target: number }[];
}

export function createFollowed(effects: ConnectionEffects, follows: Follows = 'all'): Followed {
  const { isClosed, cursors } = effects;
  const named = new Set(follows === 'all' ? [] : follows);

  function forgetOthers(): void {
    for (const cursor of [...cursors.values()]) {
      if (followed.names?.has(cursor.conversationId) === false) effects.forget(cursor);
    }
  }

  // A plain property: it is read for each entry.
  const followed: { -readonly [Name in keyof Followed]: Followed[Name] } = {
    names: follows === 'all' ? undefined : named,
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
      forgetOthers();
    },
    followAll(all) {
      followed.names = all ? undefined : named;
      forgetOthers();
    },
    forgetPositions() {
      const early = [...cursors.values()];
      for (const cursor of early) effects.forget(cursor);
      return early.map(({ conversationId, target }) => ({ conversationId, target }));
    },
  };
  return followed;
}
