import type { Delivery } from '@pern/delivery/delivery';
import type { Log } from '@pern/delivery/ports';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { Session } from '@pern/protocol/rest/auth';
import type { AccessTokens } from './accessTokens';
import { answer } from './answer';
import { authenticateExternal } from './externalSessions';
import type { ExternalTokens } from './externalTokens';
import type { IdentityStore } from './identityStore';
import { login, type Credentials } from './login';
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
  delivery: Pick<Delivery, 'forgetSessionDevices'>;
  log: Log;
  /** Tokens of somebody else, where there are such. */
  external?: ExternalTokens | undefined;
}

export interface Identity {
  register(registration: Registration): Promise<Session>;
  login(credentials: Credentials): Promise<Session>;
  refresh(refreshToken: string): Promise<Session>;
  logout(caller: Caller): Promise<void>;
  /**
   * Throws UnauthorizedError unless the token is ours, or the external issuer's, and its session lives. The first token
   * of somebody whom only that issuer knows makes a user of them.
   */
  authenticate(accessToken: string): Promise<Caller>;
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { accessTokens, sessionBook, endings, external } = deps;
  endings.onEnded((sessionIds) => sessionBook.forget(sessionIds));
  return {
    register: async (registration) => answer(deps, await register(deps, registration)),
    login: async (credentials) => answer(deps, await login(deps, credentials)),
    refresh: async (refreshToken) => answer(deps, await refreshSession(deps, refreshToken)),
    logout: (caller) => logout(deps, caller),
    async authenticate(accessToken) {
      if (external?.isTheirs(accessToken) === true) {
        return authenticateExternal(deps, await external.verify(accessToken));
      }
      const { userId, sessionId, expiresAt } = accessTokens.verify(accessToken);
      const session = await sessionBook.find(sessionId);
      if (session?.userId !== userId) throw new UnauthorizedError();
      return { userId, sessionId, expiresAt, username: session.username };
    },
  };
}
