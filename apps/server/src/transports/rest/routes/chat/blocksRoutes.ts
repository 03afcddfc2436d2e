import { blockUser, listBlocks, unblockUser } from '@chasqui/protocol';
import { Router } from 'express';
import type { Blocking } from '../../../../connections/blocking';
import { noContent, reply, type Door } from '../../endpointRouter';

export function blocksRoutes(door: Door, blocking: Blocking): Router {
  const router = Router();

  door.closed(router, blockUser, async ({ caller, params }) => {
    await blocking.block(caller.userId, params.id);
    return noContent;
  });

  door.closed(router, unblockUser, async ({ caller, params }) => {
    await blocking.unblock(caller.userId, params.id);
    return noContent;
  });

  door.closed(router, listBlocks, async ({ caller, query }) => {
    const { items, nextCursor } = await blocking.list(caller.userId, query);
    return reply(200, { blocks: items, next_cursor: nextCursor });
  });

  return router;
}
