import { type Identity, type SecurityLog, WrongPasswordError } from '@chasqui/identity';
import type { LoginLimits } from '@chasqui/limits';
import { deleteMe, exportMe } from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, type Door } from '../../endpointRouter';

export function accountRoutes(
  door: Door,
  identity: Identity,
  limits: LoginLimits,
  securityLog: SecurityLog,
): Router {
  const router = Router();

  // As good for guessing as a login: the same limits.
  door.closed(router, deleteMe, async ({ caller, body, address, agent }) => {
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

  door.streamed(router, exportMe, ({ caller }) => identity.exportAccount(caller));

  return router;
}
