import { presenceOnline } from '@pern/protocol/commands/presenceOnline';
import { handler, type CommandHandler } from '../commands';
import type { PresenceKeeper } from '../presence';

/** The way back from `presence:offline` (D10). */
export function onPresenceOnline(presence: PresenceKeeper): CommandHandler {
  return handler(presenceOnline, async ({ userId, socket }) => {
    presence.setVisible(userId, socket.id, true);
    return {};
  });
}
