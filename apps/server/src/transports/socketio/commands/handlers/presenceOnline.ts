import type { PresenceTracker } from '@chasqui/presence';
import { presenceOnline } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** Reverts `presence:offline` (D10). */
export function onPresenceOnline(presence: PresenceTracker): CommandHandler {
  return handler(presenceOnline, async ({ userId, id }) => {
    presence.setVisible(userId, id, true);
    return {};
  });
}
