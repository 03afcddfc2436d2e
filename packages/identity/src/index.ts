// Identity: accounts, sessions and tokens, their administration, and the security log.

// The service and its dependencies
export { createIdentity, type Identity } from './identity';
export type { Caller } from './identityDeps';
export { createIdentityStore, type IdentityStore } from './identityStore';
export { createSecurityLog, reportRefusals, type SecurityLog } from './securityLog';

// Accounts
export { WrongPasswordError } from './accounts/changePassword';
export { loginKey, LoginRefusedError, WrongCredentialsError } from './accounts/login';
export { createPasswords } from './accounts/passwords';
export {
  createUserDirectory,
  type PresenceReader,
  type UserDirectory,
} from './accounts/userDirectory';

// Sessions
export { startPruning } from './sessions/pruneSessions';
export { createSessionCache, type SessionCache } from './sessions/sessionCache';
export { createSessionEndings, type SessionEndings } from './sessions/sessionEndings';
export { createSessionLifetime } from './sessions/sessionLifetime';
export { userAgentOf } from './userAgent';

// Tokens and secrets
export { createAccessTokens } from './tokens/accessTokens';
export { externalTokensOf } from './tokens/externalTokens';
export { createRefreshTokens } from './tokens/refreshTokens';
export { createSecretGenerations, recordSigningSecret } from './tokens/secretGenerations';
export { createSecretKeys, type SecretKeys } from './tokens/secretKeys';
export { createStreamTokens } from './tokens/streamTokens';

// Administration
export { type Accounts, createAccounts, type TemporaryPassword } from './administration/accounts';
export type { Administrator } from './administration/actor';
export { grantConfiguredAdmins, reservedUsernames } from './administration/adminUsernames';
export { NotAdmittedError } from './administration/admission';
export { createInvitations, type Invitations } from './administration/invitations';
export { createRoles, type Roles } from './administration/roles';
export {
  createUserAdministration,
  type UserAdministration,
} from './administration/userAdministration';
