import type { ChatCore } from '@chasqui/core';
import { readSync } from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type Door } from '../../endpointRouter';

export function syncRoutes(door: Door, core: ChatCore): Router {
  const router = Router();

  door.closed(router, readSync, async ({ caller, query }) =>
    reply(200, await core.sync.readChanges(caller.userId, query)),
  );

  return router;
}
