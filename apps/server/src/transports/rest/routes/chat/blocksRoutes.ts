import { blockUser, listBlocks, unblockUser } from '@chasqui/protocol';
import { Router } from 'express';
import type { Blocking } from '../../../../connections/blocking';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function blocksRoutes(endpoints: EndpointRouter, blocking: Blocking): Router {
  const router = Router();

  endpoints.authenticated(router, blockUser, async ({ caller, params }) => {
    await blocking.block(caller.userId, params.id);
    return noContent;
  });

  endpoints.authenticated(router, unblockUser, async ({ caller, params }) => {
    await blocking.unblock(caller.userId, params.id);
    return noContent;
  });

  endpoints.authenticated(router, listBlocks, async ({ caller, query }) => {
    const { items, nextCursor } = await blocking.list(caller.userId, query);
    return reply(200, { blocks: items, next_cursor: nextCursor });
  });

  return router;
}
