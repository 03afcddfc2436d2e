import { presenceOffline } from '@pern/protocol/commands/presenceOffline';
import { handler, type CommandHandler } from '../commands';
import type { PresenceKeeper } from '../presence';

/** The connection stays and is sent everything; it no longer makes its user look online (D10). */
export function onPresenceOffline(presence: PresenceKeeper): CommandHandler {
  return handler(presenceOffline, async ({ userId, socket }) => {
    presence.setVisible(userId, socket.id, false);
    return {};
  });
}
