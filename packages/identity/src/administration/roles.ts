import { type Database, withTransaction } from '@chasqui/db';
import {
  ConflictError,
  type GrantedRole,
  type InstanceRole,
  instanceRoles,
  NotFoundError,
} from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import type { SecurityLog } from '../securityLog';
import { type Administrator, actorIdOf, actorOf, checkIsOwner } from './actor';

/** Roles of the instance: by user id, in the database. They end with the account. */
export interface Roles {
  /** Null for everybody else, and for accounts that were deleted. */
  roleOf(userId: string): Promise<InstanceRole | null>;
  /** Owners first, then by name. There are few: it is one page. */
  list(): Promise<GrantedRole[]>;
  /**
   * Gives the user this role in place of any other. A second call changes nothing. Throws ForbiddenError unless the
   * administrator is an owner, NotFoundError without such a user, ConflictError when no owner would be left.
   */
  grant(administrator: Administrator, userId: string, role: InstanceRole): Promise<void>;
  /** As `grant`. Throws NotFoundError when the user has no role. */
  revoke(administrator: Administrator, userId: string): Promise<void>;
}

interface Deps {
  db: Database;
  securityLog: SecurityLog;
}

const SELECT_ROLE = `SELECT r.role FROM instance_roles r JOIN users u ON u.id = r.user_id
  WHERE r.user_id = $1::uuid AND u.deleted_at IS NULL`;
const SELECT_ALL = `SELECT r.user_id, u.username, u.display_name, r.role, r.granted_at
  FROM instance_roles r JOIN users u ON u.id = r.user_id
  WHERE u.deleted_at IS NULL ORDER BY r.role = 'owner' DESC, u.username_key`;

export function createRoles({ db, securityLog }: Deps): Roles {
  return {
    async roleOf(userId) {
      const [row] = await db.query('instance_role', SELECT_ROLE, [userId]);
      return parseRole(row?.[0]);
    },
    async list() {
      const rows = await db.query('instance_roles', SELECT_ALL, []);
      return (rows as [string, string, string, InstanceRole, Date][]).map(
        ([id, username, display_name, role, grantedAt]) => ({
          user: { id, username, display_name },
          role,
          granted_at: grantedAt.toISOString(),
        }),
      );
    },
    async grant(administrator, userId, role) {
      checkIsOwner(administrator);
      const isNew = await withRolesLocked(db, async (transaction) => {
        const user = await one<{ role: InstanceRole | null }>(db, transaction, userId, SELECT_USER);
        if (user === undefined) throw new NotFoundError();
        if (user.role === role) return false;
        if (user.role === 'owner') await keepAnOwner(db, transaction, userId);
        await db.sequelize.query(
          `INSERT INTO instance_roles (user_id, role, granted_by) VALUES ($userId, $role, $by)
           ON CONFLICT (user_id) DO UPDATE
             SET role = excluded.role, granted_by = excluded.granted_by, granted_at = now()`,
          { bind: { userId, role, by: actorIdOf(administrator) }, transaction },
        );
        return true;
      });
      if (!isNew) return;
      securityLog.record({ event: 'role_granted', userId, role, ...actorOf(administrator) });
    },
    async revoke(administrator, userId) {
      checkIsOwner(administrator);
      const role = await withRolesLocked(db, async (transaction) => {
        const user = await one<{ role: InstanceRole | null }>(db, transaction, userId, SELECT_USER);
        if (user === undefined || user.role === null) throw new NotFoundError();
        if (user.role === 'owner') await keepAnOwner(db, transaction, userId);
        await db.sequelize.query('DELETE FROM instance_roles WHERE user_id = $userId', {
          ...{ bind: { userId }, transaction },
        });
        return user.role;
      });
      securityLog.record({ event: 'role_revoked', userId, role, ...actorOf(administrator) });
    },
  };
}

const SELECT_USER = `SELECT r.role FROM users u LEFT JOIN instance_roles r ON r.user_id = u.id
  WHERE u.id = $userId AND u.deleted_at IS NULL`;
const OTHER_OWNER = `SELECT 1 AS there FROM instance_roles r JOIN users u ON u.id = r.user_id
  WHERE r.role = 'owner' AND r.user_id <> $userId AND u.deleted_at IS NULL LIMIT 1`;

/** Two owners who revoke each other at the same moment would leave none: one change of roles at a time. */
function withRolesLocked<T>(
  db: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return withTransaction(db, async (transaction) => {
    await db.sequelize.query('LOCK TABLE instance_roles IN SHARE ROW EXCLUSIVE MODE', {
      transaction,
    });
    return work(transaction);
  });
}

async function keepAnOwner(db: Database, transaction: Transaction, userId: string): Promise<void> {
  if ((await one(db, transaction, userId, OTHER_OWNER)) === undefined) {
    throw new ConflictError('this is the last owner of the instance: make somebody else one first');
  }
}

async function one<Row extends object>(
  db: Database,
  transaction: Transaction,
  userId: string,
  statement: string,
): Promise<Row | undefined> {
  const bind = { userId };
  const rows = await db.sequelize.query<Row>(statement, {
    ...{ bind, transaction, type: QueryTypes.SELECT },
  });
  return rows[0];
}

function parseRole(value: unknown): InstanceRole | null {
  return instanceRoles.find((role) => role === value) ?? null;
}
