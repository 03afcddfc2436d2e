import type { BacklogReader } from '../backlog/backlogReader';
import type { Connection } from '../connection';
import type { Following } from './following';

/** What a transport follows on its connection. */
export interface FollowControl {
  /**
   * Delivers a conversation that was not followed. A conversation that the user is not in is delivered
   * once they join (D9). A second call only calls `located`.
   */
  follow(conversationId: string, following?: Following): void;
  /** Delivers nothing more of this conversation. Its entries stay unacknowledged, and its slots of the window free. */
  unfollow(conversationId: string): void;
  /** With true, delivers all conversations, beginning with the backlog of the device; with false, only the named. */
  followAll(all: boolean): void;
}

export type Backlogs = Pick<BacklogReader, 'recheckUsers'>;

export function followOn(connection: Connection, backlogs: Backlogs): FollowControl {
  return {
    follow: (conversationId, following) => connection.follow(conversationId, following),
    unfollow: (conversationId) => connection.unfollow(conversationId),
    followAll(all) {
      connection.followAll(all);
      if (all) backlogs.recheckUsers([connection.userId]);
    },
  };
}
