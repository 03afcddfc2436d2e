import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { RegistrationMode } from '@chasqui/protocol';
import type { SecurityLog } from './securityLog';
import type { AccessTokens } from './tokens/accessTokens';
import type { ExternalTokens } from './tokens/externalTokens';
import type { IdentityStore } from './identityStore';
import type { Passwords } from './accounts/passwords';
import type { RefreshTokens } from './tokens/refreshTokens';
import type { SecretGenerations } from './tokens/secretGenerations';
import type { SessionCache } from './sessions/sessionCache';
import type { SessionEndings } from './sessions/sessionEndings';
import type { SessionLifetime } from './sessions/sessionLifetime';
import type { UserDirectory } from './accounts/userDirectory';

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
  tokenFamily: RefreshTokens;
  secrets: Pick<SecretGenerations, 'first'>;
  lifetime: SessionLifetime;
  sessionCache: SessionCache;
  endings: SessionEndings;
  directory: UserDirectory;
  core: Pick<ChatCore, 'connections' | 'accounts' | 'blocks' | 'consent'>;
  log: Log;
  securityLog: SecurityLog;
  /** Lower case. Nobody registers them (ADMIN_USERNAMES). */
  reservedUsernames: ReadonlySet<string>;
  registration: RegistrationMode;
  /** Tokens of somebody else, where there are such. */
  external?: ExternalTokens | undefined;
}

/** What a client calls itself, cleaned (userAgent.ts): for its owner to recognise it by. */
export type Agent = string | null;

/** Where a request comes from. */
export interface Client {
  /** For limits only; it is never stored. */
  address: string;
  agent: Agent;
}
