import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import type { RegistrationMode } from '@chasqui/protocol';
import type { SecurityLog } from './securityLog';
import type { AccessTokens } from './tokens/accessTokens';
import type { ExternalTokens } from './tokens/externalTokens';
import type { IdentityStore } from './identityStore';
import type { Passwords } from './accounts/passwords';
import type { StreamTokens } from './tokens/streamTokens';
import type { RefreshTokens } from './tokens/refreshTokens';
import type { SecretGenerations } from './tokens/secretGenerations';
import type { SessionCache } from './sessions/sessionCache';
import type { SessionEndings } from './sessions/sessionEndings';
import type { SessionLifetime } from './sessions/sessionLifetime';
import type { UserDirectory } from './accounts/userDirectory';

/** The authenticated caller, proven by an access token of a live session. */
export interface Caller {
  userId: string;
  username: string;
  sessionId: string;
  /** Expiry of the token, milliseconds since 1970. */
  expiresAt: number;
}

export interface IdentityDeps {
  store: IdentityStore;
  passwords: Passwords;
  accessTokens: AccessTokens;
  streamTokens: StreamTokens;
  tokenFamily: RefreshTokens;
  secrets: Pick<SecretGenerations, 'first'>;
  lifetime: SessionLifetime;
  sessionCache: SessionCache;
  endings: SessionEndings;
  directory: UserDirectory;
  core: Pick<ChatCore, 'connections' | 'accounts' | 'blocks' | 'consent'>;
  log: Log;
  securityLog: SecurityLog;
  /** Lower case; reserved by ADMIN_USERNAMES and not available for registration. */
  reservedUsernames: ReadonlySet<string>;
  registration: RegistrationMode;
  /** Tokens of an external issuer, if configured. */
  external?: ExternalTokens | undefined;
}

/** The client's sanitized User-Agent (userAgent.ts), which helps its owner recognize a session. */
export type Agent = string | null;

/** Origin of a request. */
export interface Client {
  /** For limits only; never stored. */
  address: string;
  agent: Agent;
}
