import type { ChatCore } from '@chasqui/core';
import { createLatestOnly } from '@chasqui/presence';
import { typing } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/**
 * Told to the others who are there now; never stored (D10). While one is on its way, of those that follow only the
 * last is told.
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
