import type { PresenceTracker } from '@chasqui/presence';
import { presenceOnline } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** The way back from `presence:offline` (D10). */
export function onPresenceOnline(presence: PresenceTracker): CommandHandler {
  return handler(presenceOnline, async ({ userId, socket }) => {
    presence.setVisible(userId, socket.id, true);
    return {};
  });
}
