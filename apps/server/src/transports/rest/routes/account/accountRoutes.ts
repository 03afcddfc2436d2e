import { type Identity, type SecurityLog, WrongPasswordError } from '@chasqui/identity';
import type { LoginLimits } from '@chasqui/limits';
import { deleteMe, exportMe } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, type EndpointRouter } from '../../endpointRouter';

export function accountRoutes(
  endpoints: EndpointRouter,
  identity: Identity,
  limits: LoginLimits,
  securityLog: SecurityLog,
): Router {
  const router = Router();

  // Allows password guessing as login does, so it shares login's limits.
  endpoints.authenticated(router, deleteMe, async ({ caller, body, address, agent }) => {
    const name = caller.username.toLowerCase();
    const isWrong = (error: unknown): boolean => error instanceof WrongPasswordError;
    try {
      await limits.reauthenticate({ name, address, isWrong }, () =>
        identity.deleteAccount(caller, body, { address, agent }),
      );
      return noContent;
    } catch (error) {
      if (isWrong(error)) {
        const { userId } = caller;
        securityLog.record({ event: 'password_check_failed', userId, address });
      }
      throw error;
    }
  });

  endpoints.streamed(router, exportMe, ({ caller }) => identity.exportAccount(caller));

  return router;
}
