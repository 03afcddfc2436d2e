import type { ChatCore } from '@chasqui/core';
import { createLatestOnly } from '@chasqui/presence';
import { typing } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/**
 * Sent to the connected members of the conversation, never stored (D10). Only the latest state is sent while one is in
 * flight.
 */
export function onTyping(core: Pick<ChatCore, 'connections'>): CommandHandler {
  const latestOnly = createLatestOnly();
  return handler(typing, ({ userId, username }, { conversationId, isTyping }) =>
    latestOnly(`${userId} ${conversationId}`, async () => {
      await core.connections.announceTyping(userId, username, conversationId, isTyping);
      return {};
    }),
  );
}
