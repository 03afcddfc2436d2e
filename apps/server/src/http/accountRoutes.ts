import { deleteMe } from '@pern/protocol/rest/account';
import { Router } from 'express';
import { WrongPasswordError } from '../identity/changePassword';
import type { Identity } from '../identity/identity';
import type { RequestLimits } from '../limits/requestLimits';
import { noContent, type Door } from './door';

export function accountRoutes(door: Door, identity: Identity, limits: RequestLimits): Router {
  const router = Router();

  // As costly as a login, and as good for guessing: the same limits.
  door.closed(router, deleteMe, async ({ caller, body, address }) => {
    const name = caller.username.toLowerCase();
    await limits.auth(address);
    await limits.beforeLogin(name, address);
    try {
      await identity.deleteAccount(caller, body);
      return noContent;
    } catch (error) {
      if (error instanceof WrongPasswordError) await limits.failedLogin(name, address);
      throw error;
    }
  });

  return router;
}
