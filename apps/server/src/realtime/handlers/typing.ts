import type { Delivery } from '@pern/delivery/delivery';
import { typing } from '@pern/protocol/commands/typing';
import { handler, type CommandHandler } from '../commands';

/** Told to the others who are there now; never stored (D10). */
export function onTyping(delivery: Pick<Delivery, 'announceTyping'>): CommandHandler {
  return handler(typing, 'typing', async ({ userId, username }, { conversationId, isTyping }) => {
    await delivery.announceTyping(userId, username, conversationId, isTyping);
    return {};
  });
}
