import type { UserDirectory } from '@chasqui/identity';
import { findUsers, readMe, readUser } from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type Door } from '../../endpointRouter';

export function usersRoutes(door: Door, directory: UserDirectory): Router {
  const router = Router();

  // Before /:id, which would take "me" for an id.
  door.closed(router, readMe, async ({ caller }) =>
    reply(200, await directory.read(caller.userId, caller.userId)),
  );

  door.closed(router, findUsers, async ({ caller, query }) =>
    reply(200, await directory.find(caller.userId, query)),
  );

  door.closed(router, readUser, async ({ caller, params }) =>
    reply(200, await directory.read(caller.userId, params.id)),
  );

  return router;
}
