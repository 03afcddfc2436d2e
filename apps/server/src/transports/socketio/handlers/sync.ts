import type { Delivery } from '@chasqui/core';
import { sync } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** The same as GET /api/sync, with the same cursors (D7). */
export function onSync(delivery: Pick<Delivery, 'sync'>): CommandHandler {
  return handler(sync, ({ userId }, page) => delivery.sync(userId, page));
}
