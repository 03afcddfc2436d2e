import {
  type Identity,
  loginKey,
  LoginRefusedError,
  NotAdmittedError,
  type SecurityLog,
  WrongCredentialsError,
  WrongPasswordError,
} from '@chasqui/identity';
import type { LoginLimits, Quotas } from '@chasqui/limits';
import {
  changePassword,
  login,
  logout,
  RateLimitError,
  refresh,
  register,
  UnauthorizedError,
} from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

interface AuthDeps {
  loginLimits: LoginLimits;
  quotas: Quotas;
  securityLog: SecurityLog;
}

export function authRoutes(
  endpoints: EndpointRouter,
  identity: Identity,
  { loginLimits: limits, quotas, securityLog }: AuthDeps,
): Router {
  const router = Router();

  endpoints.anonymous(router, register, async ({ body, address, agent }) => {
    const who = { userId: null, address };
    quotas.admit('quota_registrations', who);
    try {
      const session = await identity.register(body, { address, agent });
      quotas.count('quota_registrations', who);
      return reply(201, session);
    } catch (error) {
      if (error instanceof NotAdmittedError) {
        securityLog.count({ event: 'registration_refused', reason: error.reason, address });
      }
      throw error;
    }
  });

  endpoints.anonymous(router, login, async ({ body, address, agent }) => {
    const isWrong = (error: unknown): boolean => error instanceof WrongCredentialsError;
    try {
      const session = await limits.login({ name: loginKey(body), address, isWrong }, () =>
        identity.login(body, { address, agent }),
      );
      return reply(200, session);
    } catch (error) {
      if (error instanceof RateLimitError) {
        securityLog.count({ event: 'login_refused', reason: 'rate', address });
      }
      if (error instanceof LoginRefusedError) {
        securityLog.count({ event: 'login_refused', reason: error.reason, address });
      }
      if (error instanceof WrongCredentialsError) {
        securityLog.record({ event: 'login_failed', userId: error.userId, address });
      }
      throw error;
    }
  });

  endpoints.anonymous(router, refresh, async ({ body, address, agent }) => {
    try {
      return reply(200, await identity.refresh(body.refresh_token, agent));
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        securityLog.count({ event: 'token_refused', door: 'refresh', address });
      }
      throw error;
    }
  });

  // Allows password guessing as login does, so it shares login's limits.
  endpoints.authenticated(router, changePassword, async ({ caller, body, address, agent }) => {
    const name = caller.username.toLowerCase();
    const isWrong = (error: unknown): boolean => error instanceof WrongPasswordError;
    try {
      const session = await limits.reauthenticate({ name, address, isWrong }, () =>
        identity.changePassword(caller, body, { address, agent }),
      );
      return reply(200, session);
    } catch (error) {
      if (isWrong(error)) {
        const { userId } = caller;
        securityLog.record({ event: 'password_check_failed', userId, address });
      }
      throw error;
    }
  });

  endpoints.authenticated(router, logout, async ({ caller }) => {
    await identity.logout(caller);
    return noContent;
  });

  return router;
}
