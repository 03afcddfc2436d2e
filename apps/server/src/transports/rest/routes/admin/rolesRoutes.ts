import type { Roles } from '@chasqui/identity';
import { grantRole, listRoles, revokeRole } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type Door } from '../../endpointRouter';

export function rolesRoutes(door: Door, roles: Roles): Router {
  const router = Router();

  door.administered(router, listRoles, async () => reply(200, { roles: await roles.list() }));

  door.administered(router, grantRole, async ({ administrator, params, body }) => {
    await roles.grant(administrator, params.userId, body.role);
    return noContent;
  });

  door.administered(router, revokeRole, async ({ administrator, params }) => {
    await roles.revoke(administrator, params.userId);
    return noContent;
  });

  return router;
}
