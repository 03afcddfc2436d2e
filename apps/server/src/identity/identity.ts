import type { Delivery } from '@pern/delivery/delivery';
import type { Log } from '@pern/delivery/log';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { Session } from '@pern/protocol/rest/auth';
import type { RegistrationMode } from '@pern/protocol/rest/operation';
import type { ExportRecord } from '@pern/protocol/rest/export';
import type { ListedSession } from '@pern/protocol/rest/sessions';
import type { SecurityLog } from '../operation/securityLog';
import type { AccessTokens } from './accessTokens';
import { answer } from './answer';
import { changePassword, type PasswordChange } from './changePassword';
import { deleteAccount, type AccountDeletion } from './deleteAccount';
import { endOtherSessions, endSession } from './endSessions';
import { exportAccount } from './exportAccount';
import { authenticateExternal } from './externalSessions';
import type { ExternalTokens } from './externalTokens';
import type { IdentityStore } from './identityStore';
import { login, type Credentials } from './login';
import { listSessions } from './listSessions';
import { logout } from './logout';
import type { Passwords } from './passwords';
import { refreshSession } from './refreshSession';
import type { RefreshTokens } from './refreshTokens';
import { register, type Registration } from './register';
import type { SecretGenerations } from './secretGenerations';
import type { SessionBook } from './sessionBook';
import type { SessionEndings } from './sessionEndings';
import type { SessionLifetime } from './sessionLifetime';
import type { UserDirectory } from './userDirectory';

/** Who is asking, as proven by an access token of a session that lives. */
export interface Caller {
  userId: string;
  username: string;
  sessionId: string;
  /** When the token expires, milliseconds since 1970. */
  expiresAt: number;
}

export interface IdentityDeps {
  store: IdentityStore;
  passwords: Passwords;
  accessTokens: AccessTokens;
  chain: RefreshTokens;
  secrets: Pick<SecretGenerations, 'first'>;
  lifetime: SessionLifetime;
  sessionBook: SessionBook;
  endings: SessionEndings;
  directory: UserDirectory;
  delivery: Pick<
    Delivery,
    | 'forgetSessionDevices'
    | 'finishDeletion'
    | 'exportConversations'
    | 'exportRequests'
    | 'listBlocks'
    | 'readPrivacy'
  >;
  log: Log;
  securityLog: SecurityLog;
  /** Lower case. Nobody registers them (ADMIN_USERNAMES). */
  reservedNames: ReadonlySet<string>;
  registration: RegistrationMode;
  /** Tokens of somebody else, where there are such. */
  external?: ExternalTokens | undefined;
}

/** What a client calls itself, cleaned (userAgent.ts): for its owner to recognise it by. */
type Agent = string | null;

/** Where a request comes from. */
export interface Client {
  /** For limits only; it is never stored. */
  address: string;
  agent: Agent;
}

export interface Identity {
  register(registration: Registration, client: Client): Promise<Session>;
  login(credentials: Credentials, client: Client): Promise<Session>;
  refresh(refreshToken: string, agent: Agent): Promise<Session>;
  logout(caller: Caller): Promise<void>;
  /** See changePassword.ts for what it throws. */
  changePassword(caller: Caller, change: PasswordChange, client: Client): Promise<Session>;
  listSessions(caller: Caller): Promise<ListedSession[]>;
  /** Throws NotFoundError unless it is a living session of the caller's. */
  endSession(caller: Caller, sessionId: string): Promise<void>;
  endOtherSessions(caller: Caller): Promise<void>;
  /** A page at a time; nothing is read before it is asked for. See exportAccount.ts. */
  exportAccount(caller: Caller): AsyncGenerator<ExportRecord[]>;
  /** See deleteAccount.ts for what it throws. */
  deleteAccount(caller: Caller, deletion: AccountDeletion, client: Client): Promise<void>;
  /**
   * Throws UnauthorizedError unless the token is ours, or the external issuer's, and its session lives. The first token
   * of somebody whom only that issuer knows makes a user of them.
   */
  authenticate(accessToken: string, agent?: Agent): Promise<Caller>;
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { accessTokens, sessionBook, endings, external, securityLog } = deps;
  endings.onEnded((sessionIds) => sessionBook.forget(sessionIds));
  return {
    async register(registration, client) {
      const opened = await register(deps, registration, client);
      const { invitationId } = opened;
      securityLog.record({
        ...{ event: 'registered', userId: opened.user.id },
        ...(invitationId === undefined ? {} : { invitationId }),
      });
      return answer(deps, opened);
    },
    async login(credentials, client) {
      const opened = await login(deps, credentials, client);
      const { user, sessionId, changedPassword } = opened;
      const userId = user.id;
      if (changedPassword)
        securityLog.record({ event: 'password_changed', userId, actorId: userId });
      securityLog.record({ event: 'login_succeeded', userId, sessionId });
      return answer(deps, opened);
    },
    refresh: async (refreshToken, agent) =>
      answer(deps, await refreshSession(deps, refreshToken, agent)),
    async logout(caller) {
      await logout(deps, caller);
      const { userId, sessionId } = caller;
      securityLog.record({ event: 'session_ended', userId, sessionId, actorId: userId });
    },
    async changePassword(caller, change, client) {
      const opened = await changePassword(deps, caller, change, client);
      const { userId } = caller;
      securityLog.record({ event: 'password_changed', userId, actorId: userId });
      return answer(deps, opened);
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
    async authenticate(accessToken, agent = null) {
      if (external?.isTheirs(accessToken) === true) {
        return authenticateExternal(deps, await external.verify(accessToken), agent);
      }
      const { userId, sessionId, expiresAt } = accessTokens.verify(accessToken);
      const session = await sessionBook.find(sessionId);
      if (session?.userId !== userId) throw new UnauthorizedError();
      return { userId, sessionId, expiresAt, username: session.username };
    },
  };
}
