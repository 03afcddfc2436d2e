import { randomBytes, randomUUID } from 'node:crypto';
import {
  accountStatements,
  type Database,
  inTransaction,
  type Querier,
  searchColumns,
  sessionStatements,
  withTransaction,
} from '@chasqui/db';
import { ConflictError, ForbiddenError, NotFoundError } from '@chasqui/protocol';
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

/** 20 characters without those that are mistaken for others: 100 bits. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

export function createAccounts(deps: Deps): Accounts {
  const { db, hash, announceEnded, wake, securityLog } = deps;

  /** Runs `work` while the user's row is held: no login and no other act upon the account comes in between. */
  function upon<T>(
    administrator: Administrator,
    userId: string,
    work: (on: Querier, isExternal: boolean) => Promise<T>,
  ): Promise<T> {
    return withTransaction(db, async (transaction) => {
      const on = inTransaction(transaction);
      const user = await accountStatements.lockUser.row(on, userId);
      if (user === undefined) throw new NotFoundError();
      checkMayActUpon(administrator, { userId, role: user.role });
      return work(on, user.isExternal);
    });
  }

  return {
    async suspend(administrator, userId) {
      const ended = await upon(administrator, userId, async (on) => {
        const by = actorIdOf(administrator);
        const added = await accountStatements.suspendUser.run(on, userId, by);
        return added === 0 ? null : sessionStatements.endSessionsOfUser.rows(on, userId);
      });
      if (ended === null) return;
      announceEnded(ended);
      securityLog.record({ event: 'suspended', userId, ...actorOf(administrator) });
    },
    async unsuspend(administrator, userId) {
      const removed = await upon(administrator, userId, (on) =>
        accountStatements.unsuspendUser.run(on, userId),
      );
      if (removed === 0) return;
      wake(userId);
      securityLog.record({ event: 'unsuspended', userId, ...actorOf(administrator) });
    },
    async endSessions(administrator, userId) {
      const ended = await upon(administrator, userId, async (on) => {
        const sessions = await sessionStatements.endSessionsOfUser.rows(on, userId);
        await accountStatements.deleteDevices.run(on, userId);
        return sessions;
      });
      announceEnded(ended);
      const count = ended.length;
      securityLog.record({ event: 'sessions_ended', userId, count, ...actorOf(administrator) });
      return count;
    },
    async setTemporaryPassword(administrator, userId) {
      const password = temporaryPassword();
      const passwordHash = await hash(password);
      const { ended, until } = await upon(administrator, userId, async (on, isExternal) => {
        if (isExternal) {
          throw new ForbiddenError(
            'this account has no password here: its user signs in elsewhere',
          );
        }
        const set = await accountStatements.setTemporaryPassword.row(on, userId, passwordHash);
        const sessions = await sessionStatements.endSessionsOfUser.rows(on, userId);
        return { until: set ?? new Date(), ended: sessions };
      });
      announceEnded(ended);
      securityLog.record({ event: 'temporary_password_set', userId, ...actorOf(administrator) });
      return { temporary_password: password, expires_at: until.toISOString() };
    },
    async create({ username, email }) {
      const password = temporaryPassword();
      const userId = randomUUID();
      const names = searchColumns(username, username);
      const until = await accountStatements.insertTemporaryAccount.row(
        db,
        ...[userId, username, username.toLowerCase(), email, email.toLowerCase()],
        ...[await hash(password), names.searchKey, names.searchGrams],
      );
      if (until === undefined) throw new ConflictError('this user name or e-mail address is taken');
      securityLog.record({ event: 'account_created', userId, actor: 'command' });
      return { temporary_password: password, expires_at: until.toISOString() };
    },
  };
}

function temporaryPassword(): string {
  const characters = [...randomBytes(20)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return characters.join('').replace(/(.{5})(?=.)/g, '$1-');
}
