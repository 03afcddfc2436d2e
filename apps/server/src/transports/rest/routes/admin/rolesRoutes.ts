import type { Roles } from '@chasqui/identity';
import { grantRole, listRoles, revokeRole } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function rolesRoutes(endpoints: EndpointRouter, roles: Roles): Router {
  const router = Router();

  endpoints.administered(router, listRoles, async () => reply(200, { roles: await roles.list() }));

  endpoints.administered(router, grantRole, async ({ administrator, params, body }) => {
    await roles.grant(administrator, params.userId, body.role);
    return noContent;
  });

  endpoints.administered(router, revokeRole, async ({ administrator, params }) => {
    await roles.revoke(administrator, params.userId);
    return noContent;
  });

  return router;
}
