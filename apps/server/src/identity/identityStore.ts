import type { Database } from '@pern/db/connect';
import { defineExternalIdentity, type ExternalIdentity } from '@pern/db/models/ExternalIdentity';
import { defineRefreshToken, type RefreshToken } from '@pern/db/models/RefreshToken';
import { defineSession, type Session } from '@pern/db/models/Session';
import { defineUser, type User } from '@pern/db/models/User';
import type { ModelStatic } from 'sequelize';

/** The tables of identity, bound to this node's database. */
export interface IdentityStore {
  db: Database;
  users: ModelStatic<User>;
  sessions: ModelStatic<Session>;
  refreshTokens: ModelStatic<RefreshToken>;
  externalIdentities: ModelStatic<ExternalIdentity>;
}

export function createIdentityStore(db: Database): IdentityStore {
  return {
    db,
    users: defineUser(db.sequelize),
    sessions: defineSession(db.sequelize),
    refreshTokens: defineRefreshToken(db.sequelize),
    externalIdentities: defineExternalIdentity(db.sequelize),
  };
}
