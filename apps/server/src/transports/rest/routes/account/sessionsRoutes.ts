import type { Identity } from '@chasqui/identity';
import { endOtherSessions, endSession, listSessions } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function sessionsRoutes(endpoints: EndpointRouter, identity: Identity): Router {
  const router = Router();

  endpoints.authenticated(router, listSessions, async ({ caller }) =>
    reply(200, { sessions: await identity.listSessions(caller) }),
  );

  endpoints.authenticated(router, endSession, async ({ caller, params }) => {
    await identity.endSession(caller, params.id);
    return noContent;
  });

  endpoints.authenticated(router, endOtherSessions, async ({ caller }) => {
    await identity.endOtherSessions(caller);
    return noContent;
  });

  return router;
}
