import type { ChatCore } from '@chasqui/core';
import { sync } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** Returns the same as GET /api/sync, with the same cursors (D7). */
export function onSync(core: Pick<ChatCore, 'sync'>): CommandHandler {
  return handler(sync, ({ userId }, page) => core.sync.readChanges(userId, page));
}
