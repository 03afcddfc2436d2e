import type { Delivery } from '@pern/delivery/delivery';
import type { Log } from '@pern/delivery/ports';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { Session } from '@pern/protocol/rest/auth';
import type { ExportRecord } from '@pern/protocol/rest/export';
import type { ListedSession } from '@pern/protocol/rest/sessions';
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
import type { SessionBook } from './sessionBook';
import type { SessionEndings } from './sessionEndings';
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
  sessionBook: SessionBook;
  endings: SessionEndings;
  directory: UserDirectory;
  delivery: Pick<
    Delivery,
    'forgetSessionDevices' | 'finishDeletion' | 'exportConversations' | 'listBlocks'
  >;
  log: Log;
  /** Tokens of somebody else, where there are such. */
  external?: ExternalTokens | undefined;
}

/** What a client calls itself, cleaned (userAgent.ts): for its owner to recognise it by. */
type Agent = string | null;

export interface Identity {
  register(registration: Registration, agent: Agent): Promise<Session>;
  login(credentials: Credentials, agent: Agent): Promise<Session>;
  refresh(refreshToken: string, agent: Agent): Promise<Session>;
  logout(caller: Caller): Promise<void>;
  /** See changePassword.ts for what it throws. */
  changePassword(caller: Caller, change: PasswordChange): Promise<Session>;
  listSessions(caller: Caller): Promise<ListedSession[]>;
  /** Throws NotFoundError unless it is a living session of the caller's. */
  endSession(caller: Caller, sessionId: string): Promise<void>;
  endOtherSessions(caller: Caller): Promise<void>;
  /** A page at a time; nothing is read before it is asked for. See exportAccount.ts. */
  exportAccount(caller: Caller): AsyncGenerator<ExportRecord[]>;
  /** See deleteAccount.ts for what it throws. */
  deleteAccount(caller: Caller, deletion: AccountDeletion): Promise<void>;
  /**
   * Throws UnauthorizedError unless the token is ours, or the external issuer's, and its session lives. The first token
   * of somebody whom only that issuer knows makes a user of them.
   */
  authenticate(accessToken: string, agent?: Agent): Promise<Caller>;
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { accessTokens, sessionBook, endings, external } = deps;
  endings.onEnded((sessionIds) => sessionBook.forget(sessionIds));
  return {
    register: async (registration, agent) =>
      answer(deps, await register(deps, registration, agent)),
    login: async (credentials, agent) => answer(deps, await login(deps, credentials, agent)),
    refresh: async (refreshToken, agent) =>
      answer(deps, await refreshSession(deps, refreshToken, agent)),
    logout: (caller) => logout(deps, caller),
    changePassword: async (caller, change) =>
      answer(deps, await changePassword(deps, caller, change)),
    listSessions: (caller) => listSessions(deps.store.db, caller),
    endSession: (caller, sessionId) => endSession(deps, caller, sessionId),
    endOtherSessions: (caller) => endOtherSessions(deps, caller),
    exportAccount: ({ userId }) => exportAccount(deps, userId),
    deleteAccount: (caller, deletion) => deleteAccount(deps, caller, deletion),
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
