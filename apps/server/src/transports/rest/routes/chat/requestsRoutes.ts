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
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

/** Pending contact requests and group invitations, and privacy settings. */
export function requestsRoutes(endpoints: EndpointRouter, core: ChatCore): Router {
  const router = Router();

  endpoints.authenticated(router, listRequests, async ({ caller, query }) => {
    const { items, nextCursor } = await core.consent.listRequests(caller.userId, query);
    return reply(200, { requests: items, next_cursor: nextCursor });
  });

  endpoints.authenticated(router, readRequest, async ({ caller, params }) =>
    reply(200, await core.consent.readRequest(caller.userId, params.id)),
  );

  endpoints.authenticated(router, acceptRequest, async ({ caller, params }) =>
    reply(200, await core.consent.acceptRequest(caller.userId, params.id)),
  );

  endpoints.authenticated(router, declineRequest, async ({ caller, params }) => {
    await core.consent.declineRequest(caller.userId, params.id);
    return noContent;
  });

  endpoints.authenticated(router, listInvited, async ({ caller, params, query }) => {
    const { items, nextCursor } = await core.consent.listInvited(caller.userId, params.id, query);
    return reply(200, { invited: items, next_cursor: nextCursor });
  });

  endpoints.authenticated(router, readPrivacy, async ({ caller }) =>
    reply(200, await core.consent.readPrivacy(caller.userId)),
  );

  endpoints.authenticated(router, changePrivacy, async ({ caller, body }) =>
    reply(200, await core.consent.changePrivacy(caller.userId, body)),
  );

  return router;
}
