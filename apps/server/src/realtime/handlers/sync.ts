import type { Delivery } from '@pern/delivery/delivery';
import { sync } from '@pern/protocol/commands/sync';
import { handler, type CommandHandler } from '../commands';

/** The same as GET /api/sync, with the same cursors (D7). */
export function onSync(delivery: Pick<Delivery, 'sync'>): CommandHandler {
  return handler(sync, ({ userId }, page) => delivery.sync(userId, page));
}
