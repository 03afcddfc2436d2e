import type { PresenceTracker } from '@chasqui/presence';
import { presenceOffline } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** The connection stays and is sent everything; it no longer makes its user look online (D10). */
export function onPresenceOffline(presence: PresenceTracker): CommandHandler {
  return handler(presenceOffline, async ({ userId, socket }) => {
    presence.setVisible(userId, socket.id, false);
    return {};
  });
}
