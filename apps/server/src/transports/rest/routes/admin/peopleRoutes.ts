import type { Accounts, Invitations, People } from '@chasqui/identity';
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
import { noContent, reply, type Door } from '../../endpointRouter';

export interface Administration {
  accounts: Accounts;
  invitations: Invitations;
  people: People;
}

/** What administrators of the instance do to accounts, and whom they invite. */
export function peopleRoutes(door: Door, { accounts, invitations, people }: Administration) {
  const router = Router();

  door.administered(router, listPeople, async ({ query }) => reply(200, await people.list(query)));

  door.administered(router, suspendUser, async ({ administrator, params }) => {
    await accounts.suspend(administrator, params.userId);
    return noContent;
  });

  door.administered(router, unsuspendUser, async ({ administrator, params }) => {
    await accounts.unsuspend(administrator, params.userId);
    return noContent;
  });

  door.administered(router, endSessionsOfUser, async ({ administrator, params }) => {
    await accounts.endSessions(administrator, params.userId);
    return noContent;
  });

  door.administered(router, setTemporaryPassword, async ({ administrator, params }) =>
    reply(200, await accounts.setTemporaryPassword(administrator, params.userId)),
  );

  door.administered(router, listInvitations, async ({ query }) =>
    reply(200, await invitations.list(query)),
  );

  door.administered(router, createInvitation, async ({ administrator, body }) => {
    const terms = { maxUses: body.max_uses, expiresInS: body.expires_in_s };
    return reply(201, await invitations.create(administrator, terms));
  });

  door.administered(router, revokeInvitation, async ({ administrator, params }) => {
    await invitations.revoke(administrator, params.id);
    return noContent;
  });

  return router;
}
