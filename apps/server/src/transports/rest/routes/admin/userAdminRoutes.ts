import type { Accounts, Invitations, UserAdministration } from '@chasqui/identity';
import {
  createInvitation,
  endSessionsOfUser,
  listInvitations,
  listPeople,
  revokeInvitation,
  setTemporaryPassword,
  suspendUser,
  unsuspendUser,
} from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export interface Administration {
  accounts: Accounts;
  invitations: Invitations;
  users: UserAdministration;
}

/** User accounts and invitations, for instance administrators. */
export function userAdminRoutes(
  endpoints: EndpointRouter,
  { accounts, invitations, users }: Administration,
) {
  const router = Router();

  endpoints.administered(router, listPeople, async ({ query }) =>
    reply(200, await users.list(query)),
  );

  endpoints.administered(router, suspendUser, async ({ administrator, params }) => {
    await accounts.suspend(administrator, params.userId);
    return noContent;
  });

  endpoints.administered(router, unsuspendUser, async ({ administrator, params }) => {
    await accounts.unsuspend(administrator, params.userId);
    return noContent;
  });

  endpoints.administered(router, endSessionsOfUser, async ({ administrator, params }) => {
    await accounts.endSessions(administrator, params.userId);
    return noContent;
  });

  endpoints.administered(router, setTemporaryPassword, async ({ administrator, params }) =>
    reply(200, await accounts.setTemporaryPassword(administrator, params.userId)),
  );

  endpoints.administered(router, listInvitations, async ({ query }) =>
    reply(200, await invitations.list(query)),
  );

  endpoints.administered(router, createInvitation, async ({ administrator, body }) => {
    const terms = { maxUses: body.max_uses, expiresInS: body.expires_in_s };
    return reply(201, await invitations.create(administrator, terms));
  });

  endpoints.administered(router, revokeInvitation, async ({ administrator, params }) => {
    await invitations.revoke(administrator, params.id);
    return noContent;
  });

  return router;
}
