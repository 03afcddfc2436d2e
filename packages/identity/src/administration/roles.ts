import {
  type Database,
  inTransaction,
  type Querier,
  roleStatements,
  withTransaction,
} from '@chasqui/db';
import {
  ConflictError,
  type GrantedRole,
  type InstanceRole,
  NotFoundError,
} from '@chasqui/protocol';
import type { SecurityLog } from '../securityLog';
import { type Administrator, actorIdOf, actorOf, checkIsOwner } from './actor';

/** Instance roles, stored by user id. They are deleted with the account. */
export interface Roles {
  /** Null for users without a role and for deleted accounts. */
  roleOf(userId: string): Promise<InstanceRole | null>;
  /** Owners first, then by name; few enough for one page. */
  list(): Promise<GrantedRole[]>;
  /**
   * Sets the user's role, replacing any other. A second call changes nothing. Throws ForbiddenError
   * unless the administrator is an owner, NotFoundError for an unknown user, and ConflictError if
   * no owner would remain.
   */
  grant(administrator: Administrator, userId: string, role: InstanceRole): Promise<void>;
  /** As `grant`. Throws NotFoundError when the user has no role. */
  revoke(administrator: Administrator, userId: string): Promise<void>;
}

interface Deps {
  db: Database;
  securityLog: SecurityLog;
}

export function createRoles({ db, securityLog }: Deps): Roles {
  return {
    async roleOf(userId) {
      return (await roleStatements.roleOfUser.row(db, userId)) ?? null;
    },
    async list() {
      const granted = await roleStatements.allRoles.rows(db);
      return granted.map(({ userId, username, displayName, role, grantedAt }) => ({
        user: { id: userId, username, display_name: displayName },
        role,
        granted_at: grantedAt.toISOString(),
      }));
    },
    async grant(administrator, userId, role) {
      checkIsOwner(administrator);
      const isNew = await withRolesLocked(db, async (on) => {
        const current = await roleStatements.roleOfExistingUser.row(on, userId);
        if (current === undefined) throw new NotFoundError();
        if (current === role) return false;
        if (current === 'owner') await keepAnOwner(on, userId);
        await roleStatements.grantRole.run(on, userId, role, actorIdOf(administrator));
        return true;
      });
      if (!isNew) return;
      securityLog.record({ event: 'role_granted', userId, role, ...actorOf(administrator) });
    },
    async revoke(administrator, userId) {
      checkIsOwner(administrator);
      const role = await withRolesLocked(db, async (on) => {
        const current = (await roleStatements.roleOfExistingUser.row(on, userId)) ?? null;
        if (current === null) throw new NotFoundError();
        if (current === 'owner') await keepAnOwner(on, userId);
        await roleStatements.revokeRole.run(on, userId);
        return current;
      });
      securityLog.record({ event: 'role_revoked', userId, role, ...actorOf(administrator) });
    },
  };
}

function withRolesLocked<T>(db: Database, work: (on: Querier) => Promise<T>): Promise<T> {
  return withTransaction(db, async (transaction) => {
    const on = inTransaction(transaction);
    await roleStatements.lockRoles.run(on);
    return work(on);
  });
}

async function keepAnOwner(on: Querier, userId: string): Promise<void> {
  if ((await roleStatements.anotherOwner.run(on, userId)) === 0) {
    throw new ConflictError(
      'this is the last owner of the instance: make another user an owner first',
    );
  }
}
