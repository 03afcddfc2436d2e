import type { UserDirectory } from '@chasqui/identity';
import { findUsers, readMe, readUser } from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type EndpointRouter } from '../../endpointRouter';

export function usersRoutes(endpoints: EndpointRouter, directory: UserDirectory): Router {
  const router = Router();

  // Must precede /:id, which would match "me".
  endpoints.authenticated(router, readMe, async ({ caller }) =>
    reply(200, await directory.read(caller.userId, caller.userId)),
  );

  endpoints.authenticated(router, findUsers, async ({ caller, query }) =>
    reply(200, await directory.find(caller.userId, query)),
  );

  endpoints.authenticated(router, readUser, async ({ caller, params }) =>
    reply(200, await directory.read(caller.userId, params.id)),
  );

  return router;
}
