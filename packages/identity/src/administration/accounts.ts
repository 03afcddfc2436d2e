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
 * Account administration. Every method throws NotFoundError for an unknown user, and ForbiddenError
 * if the administrator may not act on this user (actor.ts).
 */
export interface Accounts {
  /**
   * Ends all sessions and blocks new ones. Messages to the user are kept without wake-ups. A second
   * call changes nothing.
   */
  suspend(administrator: Administrator, userId: string): Promise<void>;
  /** Lets the user sign in again and resumes wake-ups. A second call changes nothing. */
  unsuspend(administrator: Administrator, userId: string): Promise<void>;
  /** Ends all sessions and deletes their devices. Resolves to the number of sessions. */
  endSessions(administrator: Administrator, userId: string): Promise<number>;
  /**
   * Replaces the password with a random one valid for 24 hours, and ends all sessions. The next
   * login must set a new password (login.ts). Throws ForbiddenError for users of an external
   * issuer.
   */
  setTemporaryPassword(administrator: Administrator, userId: string): Promise<TemporaryPassword>;
  /**
   * Creates an account with a temporary password, regardless of REGISTRATION and of names reserved
   * by ADMIN_USERNAMES; for the command line only. Throws ConflictError if the user name or e-mail
   * address is taken.
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
  /**
   * Called after the commit that ended these sessions: closes their sockets on all nodes. Nodes
   * that miss this poll.
   */
  announceEnded: (sessionIds: string[]) => void;
  /** Called after the commit that resumes wake-ups. The sweep would find them too. */
  wake: (userId: string) => void;
  securityLog: SecurityLog;
}

/** 20 characters from an alphabet without lookalikes: 100 bits. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

export function createAccounts(deps: Deps): Accounts {
  const { db, hash, announceEnded, wake, securityLog } = deps;

  /**
   * Runs `work` while holding the user's row lock, which excludes logins and other administration
   * of the account.
   */
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
