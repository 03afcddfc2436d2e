import {
  type Database,
  defineExternalIdentity,
  defineRefreshToken,
  defineSession,
  defineUser,
  type ExternalIdentity,
  type RefreshToken,
  type Session,
  type User,
} from '@chasqui/db';
import type { ModelStatic } from 'sequelize';

/** The identity tables, bound to this node's database. */
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
