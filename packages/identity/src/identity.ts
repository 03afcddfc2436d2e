import {
  type ExportRecord,
  type ListedSession,
  type Session,
  UnauthorizedError,
} from '@chasqui/protocol';
import { sessionResponse } from './accounts/sessionResponse';
import { changePassword, type PasswordChange } from './accounts/changePassword';
import type { AccessClaims } from './tokens/accessTokens';
import { deleteAccount, type AccountDeletion } from './accounts/deleteAccount';
import { endOtherSessions, endSession } from './sessions/endSessions';
import { exportAccount } from './accounts/exportAccount';
import { authenticateExternal } from './sessions/externalSessions';
import { login, type Credentials } from './accounts/login';
import { listSessions } from './sessions/listSessions';
import { logout } from './sessions/logout';
import { refreshSession } from './sessions/refreshSession';
import { register, type Registration } from './accounts/register';
import type { StreamToken } from './tokens/streamTokens';
import type { Agent, Caller, IdentityDeps, Client } from './identityDeps';

export interface Identity {
  register(registration: Registration, client: Client): Promise<Session>;
  login(credentials: Credentials, client: Client): Promise<Session>;
  refresh(refreshToken: string, agent: Agent): Promise<Session>;
  logout(caller: Caller): Promise<void>;
  /** See changePassword.ts for the errors. */
  changePassword(caller: Caller, change: PasswordChange, client: Client): Promise<Session>;
  listSessions(caller: Caller): Promise<ListedSession[]>;
  /** Throws NotFoundError unless it is a live session of the caller. */
  endSession(caller: Caller, sessionId: string): Promise<void>;
  endOtherSessions(caller: Caller): Promise<void>;
  /** One page at a time; pages are read on demand. See exportAccount.ts. */
  exportAccount(caller: Caller): AsyncGenerator<ExportRecord[]>;
  /** See deleteAccount.ts for the errors. */
  deleteAccount(caller: Caller, deletion: AccountDeletion, client: Client): Promise<void>;
  /**
   * Throws UnauthorizedError unless the token is valid, ours or from the external issuer, and its
   * session is live. The first token of an unknown external subject creates a user.
   */
  authenticate(accessToken: string, agent?: Agent): Promise<Caller>;
  /** A token that only opens event streams of the caller's session. Reads nothing. */
  createStreamToken(caller: Caller, deviceId?: string): StreamToken;
  /** As `authenticate`, and also accepts stream tokens, with the device that they name. */
  authenticateStream(token: string, agent?: Agent): Promise<Caller & { deviceId?: string }>;
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { accessTokens, streamTokens, sessionCache, endings, external, securityLog } = deps;
  endings.onEnded((sessionIds) => sessionCache.forget(sessionIds));

  async function authenticate(accessToken: string, agent: Agent = null): Promise<Caller> {
    if (external?.isFromIssuer(accessToken) === true) {
      return authenticateExternal(deps, await external.verify(accessToken), agent);
    }
    return inSession(accessTokens.verify(accessToken));
  }

  async function inSession({ userId, sessionId, expiresAt }: AccessClaims): Promise<Caller> {
    const session = await sessionCache.find(sessionId);
    if (session?.userId !== userId) throw new UnauthorizedError();
    return { userId, sessionId, expiresAt, username: session.username };
  }

  return {
    async register(registration, client) {
      const opened = await register(deps, registration, client);
      const { invitationId } = opened;
      securityLog.record({
        ...{ event: 'registered', userId: opened.user.id },
        ...(invitationId === undefined ? {} : { invitationId }),
      });
      return sessionResponse(deps, opened);
    },
    async login(credentials, client) {
      const opened = await login(deps, credentials, client);
      const { user, sessionId, changedPassword } = opened;
      const userId = user.id;
      if (changedPassword)
        securityLog.record({ event: 'password_changed', userId, actorId: userId });
      securityLog.record({ event: 'login_succeeded', userId, sessionId });
      return sessionResponse(deps, opened);
    },
    refresh: async (refreshToken, agent) =>
      sessionResponse(deps, await refreshSession(deps, refreshToken, agent)),
    async logout(caller) {
      await logout(deps, caller);
      const { userId, sessionId } = caller;
      securityLog.record({ event: 'session_ended', userId, sessionId, actorId: userId });
    },
    async changePassword(caller, change, client) {
      const opened = await changePassword(deps, caller, change, client);
      const { userId } = caller;
      securityLog.record({ event: 'password_changed', userId, actorId: userId });
      return sessionResponse(deps, opened);
    },
    listSessions: (caller) => listSessions(deps, caller),
    async endSession(caller, sessionId) {
      await endSession(deps, caller, sessionId);
      const { userId } = caller;
      securityLog.record({ event: 'session_ended', userId, sessionId, actorId: userId });
    },
    async endOtherSessions(caller) {
      await endOtherSessions(deps, caller);
      const { userId } = caller;
      securityLog.record({ event: 'sessions_ended', userId, actorId: userId });
    },
    exportAccount: ({ userId }) => exportAccount(deps, userId),
    async deleteAccount(caller, deletion, client) {
      await deleteAccount(deps, caller, deletion, client);
      const { userId } = caller;
      securityLog.record({ event: 'account_deleted', userId, actorId: userId });
    },
    authenticate,
    createStreamToken: ({ userId, sessionId }, deviceId) =>
      streamTokens.sign(userId, sessionId, deviceId),
    async authenticateStream(token, agent) {
      const claims = streamTokens.verify(token);
      if (claims === undefined) return authenticate(token, agent);
      const { deviceId } = claims;
      return { ...(await inSession(claims)), ...(deviceId === undefined ? {} : { deviceId }) };
    },
  };
}
