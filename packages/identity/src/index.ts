export { WrongPasswordError } from './accounts/changePassword';
export { loginKey, LoginRefusedError, WrongCredentialsError } from './accounts/login';
export { createPasswords } from './accounts/passwords';
export {
  createUserDirectory,
  type PresenceReader,
  type UserDirectory,
} from './accounts/userDirectory';
export { type Accounts, createAccounts, type TemporaryPassword } from './administration/accounts';
export type { Administrator } from './administration/actor';
export { grantConfiguredAdmins, reservedUsernames } from './administration/adminUsernames';
export { NotAdmittedError } from './administration/admission';
export { createInvitations, type Invitations } from './administration/invitations';
export {
  createUserAdministration,
  type UserAdministration,
} from './administration/userAdministration';
export { createRoles, type Roles } from './administration/roles';
export { createIdentity, type Identity } from './identity';
export { type Caller } from './identityDeps';
export { createIdentityStore, type IdentityStore } from './identityStore';
export { createSecurityLog, reportRefusals, type SecurityLog } from './securityLog';
export { startPruning } from './sessions/pruneSessions';
export { createSessionCache, type SessionCache } from './sessions/sessionCache';
export { createSessionEndings, type SessionEndings } from './sessions/sessionEndings';
export { createSessionLifetime } from './sessions/sessionLifetime';
export { userAgentOf } from './sessions/userAgent';
export { createAccessTokens } from './tokens/accessTokens';
export { externalTokensOf } from './tokens/externalTokens';
export { createRefreshTokens } from './tokens/refreshTokens';
export { createSecretGenerations, recordSigningSecret } from './tokens/secretGenerations';
export { createSecretKeys, type SecretKeys } from './tokens/secretKeys';
