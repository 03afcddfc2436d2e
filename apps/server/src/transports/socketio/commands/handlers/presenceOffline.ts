import type { PresenceTracker } from '@chasqui/presence';
import { presenceOffline } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** The connection still receives everything but no longer shows its user as online (D10). */
export function onPresenceOffline(presence: PresenceTracker): CommandHandler {
  return handler(presenceOffline, async ({ userId, id }) => {
    presence.setVisible(userId, id, false);
    return {};
  });
}
