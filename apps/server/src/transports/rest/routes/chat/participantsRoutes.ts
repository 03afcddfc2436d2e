import type { ChatCore } from '@chasqui/core';
import type { Quotas } from '@chasqui/limits';
import { addParticipant, changeRole, listParticipants, removeParticipant } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function participantsRoutes(
  endpoints: EndpointRouter,
  core: ChatCore,
  quotas: Quotas,
): Router {
  const router = Router();

  endpoints.authenticated(router, listParticipants, async ({ caller, params, query }) => {
    const { items, nextCursor } = await core.members.list(caller.userId, params.id, query);
    return reply(200, { participants: items, next_cursor: nextCursor });
  });

  endpoints.authenticated(router, addParticipant, async ({ caller, params, body, address }) => {
    const { user_id, role } = body;
    const who = { userId: caller.userId, address };
    quotas.admit('quota_contacts', who);
    const added = await core.members.add(caller.userId, params.id, user_id, role);
    quotas.count('quota_contacts', who);
    return 'invitation' in added ? reply(202, added) : reply(201, added);
  });

  endpoints.authenticated(router, changeRole, async ({ caller, params, body }) =>
    reply(200, await core.members.changeRole(caller.userId, params.id, params.userId, body.role)),
  );

  endpoints.authenticated(router, removeParticipant, async ({ caller, params }) => {
    await core.members.remove(caller.userId, params.id, params.userId);
    return noContent;
  });

  return router;
}
