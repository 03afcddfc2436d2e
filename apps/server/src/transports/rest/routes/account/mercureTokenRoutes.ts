import type { Identity } from '@chasqui/identity';
import { readMercureToken } from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type EndpointRouter } from '../../endpointRouter';

export function mercureTokenRoutes(
  endpoints: EndpointRouter,
  identity: Pick<Identity, 'createStreamToken'>,
): Router {
  const router = Router();

  endpoints.authenticated(router, readMercureToken, async ({ caller, query }) => {
    const { token, expiresInS } = identity.createStreamToken(caller, query.device_id);
    return reply(200, { token, expires_in: expiresInS });
  });

  return router;
}
