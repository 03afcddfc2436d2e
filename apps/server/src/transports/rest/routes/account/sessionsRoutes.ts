import type { Identity } from '@chasqui/identity';
import { endOtherSessions, endSession, listSessions } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type Door } from '../../endpointRouter';

export function sessionsRoutes(door: Door, identity: Identity): Router {
  const router = Router();

  door.closed(router, listSessions, async ({ caller }) =>
    reply(200, { sessions: await identity.listSessions(caller) }),
  );

  door.closed(router, endSession, async ({ caller, params }) => {
    await identity.endSession(caller, params.id);
    return noContent;
  });

  door.closed(router, endOtherSessions, async ({ caller }) => {
    await identity.endOtherSessions(caller);
    return noContent;
  });

  return router;
}
