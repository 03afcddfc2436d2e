import type { ChatCore } from '@chasqui/core';
import {
  acceptRequest,
  changePrivacy,
  declineRequest,
  listInvited,
  listRequests,
  readPrivacy,
  readRequest,
} from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type Door } from '../../endpointRouter';

/** Requests that wait for an answer, and who may make some. */
export function requestsRoutes(door: Door, core: ChatCore): Router {
  const router = Router();

  door.closed(router, listRequests, async ({ caller, query }) => {
    const { items, nextCursor } = await core.consent.listRequests(caller.userId, query);
    return reply(200, { requests: items, next_cursor: nextCursor });
  });

  door.closed(router, readRequest, async ({ caller, params }) =>
    reply(200, await core.consent.readRequest(caller.userId, params.id)),
  );

  door.closed(router, acceptRequest, async ({ caller, params }) =>
    reply(200, await core.consent.acceptRequest(caller.userId, params.id)),
  );

  door.closed(router, declineRequest, async ({ caller, params }) => {
    await core.consent.declineRequest(caller.userId, params.id);
    return noContent;
  });

  door.closed(router, listInvited, async ({ caller, params, query }) => {
    const { items, nextCursor } = await core.consent.listInvited(caller.userId, params.id, query);
    return reply(200, { invited: items, next_cursor: nextCursor });
  });

  door.closed(router, readPrivacy, async ({ caller }) =>
    reply(200, await core.consent.readPrivacy(caller.userId)),
  );

  door.closed(router, changePrivacy, async ({ caller, body }) =>
    reply(200, await core.consent.changePrivacy(caller.userId, body)),
  );

  return router;
}
