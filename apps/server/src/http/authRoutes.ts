import { UnauthorizedError } from '@pern/protocol/errors';
import { changePassword, login, logout, refresh, register } from '@pern/protocol/rest/auth';
import { Router } from 'express';
import { WrongPasswordError } from '../identity/changePassword';
import type { Identity } from '../identity/identity';
import { loginKey } from '../identity/login';
import type { RequestLimits } from '../limits/requestLimits';
import { noContent, reply, type Door } from './door';

export function authRoutes(door: Door, identity: Identity, limits: RequestLimits): Router {
  const router = Router();

  door.open(router, register, async ({ body, agent }) =>
    reply(201, await identity.register(body, agent)),
  );

  door.open(router, login, async ({ body, address, agent }) => {
    const name = loginKey(body);
    await limits.beforeLogin(name, address);
    try {
      return reply(200, await identity.login(body, agent));
    } catch (error) {
      if (error instanceof UnauthorizedError) await limits.failedLogin(name, address);
      throw error;
    }
  });

  door.open(router, refresh, async ({ body, agent }) =>
    reply(200, await identity.refresh(body.refresh_token, agent)),
  );

  // As costly as a login, and as good for guessing: the same limits.
  door.closed(router, changePassword, async ({ caller, body, address }) => {
    const name = caller.username.toLowerCase();
    await limits.auth(address);
    await limits.beforeLogin(name, address);
    try {
      return reply(200, await identity.changePassword(caller, body));
    } catch (error) {
      if (error instanceof WrongPasswordError) await limits.failedLogin(name, address);
      throw error;
    }
  });

  door.closed(router, logout, async ({ caller }) => {
    await identity.logout(caller);
    return noContent;
  });

  return router;
}
