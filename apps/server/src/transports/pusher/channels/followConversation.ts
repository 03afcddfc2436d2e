import type { LiveConnection } from '@chasqui/core';
import { NotFoundError } from '@chasqui/protocol';

/** The part of a live connection that channels use. */
export type LiveFeed = Pick<LiveConnection, 'follow' | 'unfollow' | 'followAll'>;

/**
 * Delivers a conversation from `since` (exclusive), or from the device's position. Resolves when membership is confirmed;
 * waits while PostgreSQL is gone (D11). Throws NotFoundError unless the user is a participant.
 */
export function followConversation(
  live: LiveFeed,
  conversationId: string,
  since: number | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    live.follow(conversationId, {
      since,
      located(isParticipant) {
        if (isParticipant) resolve();
        else {
          // A subscription that was refused must not become active when the user joins later.
          live.unfollow(conversationId);
          reject(new NotFoundError());
        }
      },
    });
  });
}
