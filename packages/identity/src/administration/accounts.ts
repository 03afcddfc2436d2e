import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, searchColumns, withTransaction } from '@chasqui/db';
import { ConflictError, ForbiddenError, type InstanceRole, NotFoundError } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import type { SecurityLog } from '../securityLog';
import { type Administrator, actorIdOf, actorOf, checkMayActUpon } from './actor';

/**
 * What administrators do to accounts. Everything here throws NotFoundError without such a user, and ForbiddenError where
 * the administrator may not act upon them (actor.ts).
 */
export interface Accounts {
  /**
   * Ends all sessions and lets none begin. Messages to the user wait, and nobody is woken for them. A second call changes
   * nothing.
   */
  suspend(administrator: Administrator, userId: string): Promise<void>;
  /** The user may sign in again, and wake-ups go on. A second call changes nothing. */
  unsuspend(administrator: Administrator, userId: string): Promise<void>;
  /** Ends all sessions and forgets their devices. Resolves to how many there were. */
  endSessions(administrator: Administrator, userId: string): Promise<number>;
  /**
   * Replaces the password by a random one for 24 hours, and ends all sessions. A login with it has to set another one
   * (login.ts). Throws ForbiddenError for users who sign in elsewhere.
   */
  setTemporaryPassword(administrator: Administrator, userId: string): Promise<TemporaryPassword>;
  /**
   * Makes an account with a temporary password, whatever REGISTRATION says and also with a name of ADMIN_USERNAMES: for the
   * command line alone. Throws ConflictError when the name or the e-mail address is taken.
   */
  create(account: { username: string; email: string }): Promise<TemporaryPassword>;
}

export interface TemporaryPassword {
  temporary_password: string;
  expires_at: string;
}

interface Deps {
  db: Database;
  hash: (password: string) => Promise<string>;
  /** After the commit that ended these sessions: closes their sockets on all nodes. Nodes that hear nothing ask. */
  announceEnded: (sessionIds: string[]) => void;
  /** After the commit that lets wake-ups go on. The sweep finds them too. */
  wake: (userId: string) => void;
  securityLog: SecurityLog;
}

const TEMPORARY_HOURS = 24;
/** 20 characters without those that are mistaken for others: 100 bits. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

export function createAccounts(deps: Deps): Accounts {
  const { db, hash, announceEnded, wake, securityLog } = deps;

  /** Runs `work` while the user's row is held: no login and no other act upon the account comes in between. */
  function upon<T>(
    administrator: Administrator,
    userId: string,
    work: (run: Statement, user: TargetUser) => Promise<T>,
  ): Promise<T> {
    return withTransaction(db, async (transaction) => {
      const run = statement(db, transaction, { userId, by: actorIdOf(administrator) });
      const [user] = await run<TargetUser>(SELECT_TARGET);
      if (user === undefined) throw new NotFoundError();
      checkMayActUpon(administrator, { userId, role: user.role });
      return work(run, user);
    });
  }

  return {
    async suspend(administrator, userId) {
      const ended = await upon(administrator, userId, async (run) => {
        const made = await run(
          `INSERT INTO suspensions (user_id, suspended_by) VALUES ($userId, $by)
           ON CONFLICT DO NOTHING RETURNING user_id`,
        );
        return made.length === 0 ? null : run<{ id: string }>(END_SESSIONS);
      });
      if (ended === null) return;
      announceEnded(ended.map(({ id }) => id));
      securityLog.record({ event: 'suspended', userId, ...actorOf(administrator) });
    },
    async unsuspend(administrator, userId) {
      const ended = await upon(administrator, userId, (run) =>
        run('DELETE FROM suspensions WHERE user_id = $userId RETURNING user_id'),
      );
      if (ended.length === 0) return;
      wake(userId);
      securityLog.record({ event: 'unsuspended', userId, ...actorOf(administrator) });
    },
    async endSessions(administrator, userId) {
      const ended = await upon(administrator, userId, async (run) => {
        const sessions = await run<{ id: string }>(END_SESSIONS);
        await run('DELETE FROM devices WHERE user_id = $userId RETURNING user_id');
        return sessions;
      });
      announceEnded(ended.map(({ id }) => id));
      const count = ended.length;
      securityLog.record({ event: 'sessions_ended', userId, count, ...actorOf(administrator) });
      return count;
    },
    async setTemporaryPassword(administrator, userId) {
      const password = temporaryPassword();
      const passwordHash = await hash(password);
      const { ended, until } = await upon(administrator, userId, async (run, user) => {
        if (user.external) {
          throw new ForbiddenError(
            'this account has no password here: its user signs in elsewhere',
          );
        }
        const [row] = await run<{ until: Date }>(SET_TEMPORARY, { passwordHash });
        return { until: row?.until ?? new Date(), ended: await run<{ id: string }>(END_SESSIONS) };
      });
      announceEnded(ended.map(({ id }) => id));
      securityLog.record({ event: 'temporary_password_set', userId, ...actorOf(administrator) });
      return { temporary_password: password, expires_at: until.toISOString() };
    },
    async create({ username, email }) {
      const password = temporaryPassword();
      const userId = randomUUID();
      const names = searchColumns(username, username);
      const [row] = await db.query('create_account', INSERT_ACCOUNT, [
        ...[userId, username, username.toLowerCase(), email, email.toLowerCase()],
        ...[await hash(password), names.searchKey, names.searchGrams],
      ]);
      if (row === undefined) throw new ConflictError('this user name or e-mail address is taken');
      securityLog.record({ event: 'account_created', userId, actor: 'command' });
      const until = row[0] instanceof Date ? row[0] : new Date();
      return { temporary_password: password, expires_at: until.toISOString() };
    },
  };
}

interface TargetUser {
  role: InstanceRole | null;
  /** Known by tokens of another issuer. */
  external: boolean;
}

const SELECT_TARGET = `SELECT r.role,
    EXISTS (SELECT FROM external_identities e WHERE e.user_id = u.id) AS external
  FROM users u LEFT JOIN instance_roles r ON r.user_id = u.id
  WHERE u.id = $userId AND u.deleted_at IS NULL FOR NO KEY UPDATE OF u`;
const END_SESSIONS = `UPDATE sessions SET revoked_at = now()
  WHERE user_id = $userId AND revoked_at IS NULL AND expires_at > now() RETURNING id`;
const UNTIL = `now() + interval '${TEMPORARY_HOURS} hours'`;
const SET_TEMPORARY = `UPDATE users
  SET password_hash = $passwordHash, password_temporary_until = ${UNTIL}
  WHERE id = $userId RETURNING password_temporary_until AS until`;
const INSERT_ACCOUNT = `INSERT INTO users
    (id, username, username_key, email, email_key, display_name, password_hash, password_temporary_until,
     search_key, search_grams)
  VALUES ($1::uuid, $2, $3, $4, $5, $2, $6, ${UNTIL}, $7, $8::integer[])
  ON CONFLICT DO NOTHING RETURNING password_temporary_until`;

/** Values are bound and never part of the text: PostgreSQL's log holds no hash. */
type Statement = <Row extends object>(text: string, more?: object) => Promise<Row[]>;

function statement(db: Database, transaction: Transaction, values: object): Statement {
  return <Row extends object>(text: string, more: object = {}) =>
    db.sequelize.query<Row>(text, {
      ...{ bind: { ...values, ...more }, type: QueryTypes.SELECT, transaction },
    });
}

function temporaryPassword(): string {
  const characters = [...randomBytes(20)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return characters.join('').replace(/(.{5})(?=.)/g, '$1-');
}
