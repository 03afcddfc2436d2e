import { UnauthorizedError } from '@pern/protocol/errors';
import { login, logout, refresh, register } from '@pern/protocol/rest/auth';
import { Router } from 'express';
import type { Identity } from '../identity/identity';
import { loginKey } from '../identity/login';
import type { RequestLimits } from '../limits/requestLimits';
import { noContent, reply, type Door } from './door';

export function authRoutes(door: Door, identity: Identity, limits: RequestLimits): Router {
  const router = Router();

  door.open(router, register, async ({ body }) => reply(201, await identity.register(body)));

  door.open(router, login, async ({ body, address }) => {
    const name = loginKey(body);
    await limits.beforeLogin(name, address);
    try {
      return reply(200, await identity.login(body));
    } catch (error) {
      if (error instanceof UnauthorizedError) await limits.failedLogin(name, address);
      throw error;
    }
  });

  door.open(router, refresh, async ({ body }) =>
    reply(200, await identity.refresh(body.refresh_token)),
  );

  door.closed(router, logout, async ({ caller }) => {
    await identity.logout(caller);
    return noContent;
  });

  return router;
}
