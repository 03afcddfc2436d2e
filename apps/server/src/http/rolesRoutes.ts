import { grantRole, listRoles, revokeRole } from '@pern/protocol/rest/roles';
import { Router } from 'express';
import type { Roles } from '../administration/roles';
import { noContent, reply, type Door } from './door';

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
