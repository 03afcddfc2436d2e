import type { Delivery } from '@pern/delivery/delivery';
import { readSync } from '@pern/protocol/rest/sync';
import { Router } from 'express';
import { reply, type Door } from './door';

export function syncRoutes(door: Door, delivery: Delivery): Router {
  const router = Router();

  door.closed(router, readSync, async ({ caller, query }) =>
    reply(200, await delivery.sync(caller.userId, query)),
  );

  return router;
}
