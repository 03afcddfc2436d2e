import type { ChatCore } from '@chasqui/core';
import { readSync } from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type EndpointRouter } from '../../endpointRouter';

export function syncRoutes(endpoints: EndpointRouter, core: ChatCore): Router {
  const router = Router();

  endpoints.authenticated(router, readSync, async ({ caller, query }) =>
    reply(200, await core.sync.readChanges(caller.userId, query)),
  );

  return router;
}
