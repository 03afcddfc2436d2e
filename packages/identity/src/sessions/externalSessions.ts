import { randomUUID } from 'node:crypto';
import { inTransaction, sessionStatements, withTransaction } from '@chasqui/db';
import { UnauthorizedError, USERNAME_MAX } from '@chasqui/protocol';
import { literal, type Transaction, UniqueConstraintError } from 'sequelize';
import { isSuspended } from '../administration/suspensions';
import type { ExternalClaims } from '../tokens/externalTokens';
import type { Caller, IdentityDeps } from '../identityDeps';
import type { IdentityStore } from '../identityStore';

type Deps = Pick<IdentityDeps, 'store' | 'sessionCache' | 'reservedUsernames' | 'securityLog'>;

/**
 * Maps a verified external token to a user. The first token creates user and session; later ones
 * find them. Throws UnauthorizedError if the session was ended here.
 */
export async function authenticateExternal(
  { store, sessionCache, reservedUsernames, securityLog }: Deps,
  claims: ExternalClaims,
  agent: string | null,
): Promise<Caller> {
  const isReserved = reservedUsernames.has(claims.username?.toLowerCase() ?? '');
  const proven = isReserved ? { ...claims, username: undefined } : claims;
  const { sessionId, expiresAt, acceptedUntil } = proven;
  let session = await sessionCache.find(sessionId);
  const isNew = session === null;
  // A later token of a live session extends it, or its sockets would close when the first token
  // expires.
  if (session === null || session.expiresAt < acceptedUntil) {
    await openSession(store, proven, agent);
    sessionCache.forget([sessionId]);
    session = await sessionCache.find(sessionId);
  }
  if (session === null) throw new UnauthorizedError();
  // Concurrent requests with the first token each write a line.
  if (isNew) {
    const { userId } = session;
    securityLog.record({ event: 'login_succeeded', userId, sessionId, by: 'issuer' });
  }
  return { userId: session.userId, username: session.username, sessionId, expiresAt };
}

/** Attempts to resolve conflicts with other nodes or taken names. */
const ATTEMPTS = 5;

async function openSession(
  store: IdentityStore,
  proven: ExternalClaims,
  agent: string | null,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withTransaction(store.db, async (transaction) => {
        // A session that was ended here stays ended, and a deleted account is not recreated.
        const on = inTransaction(transaction);
        if ((await sessionStatements.isExternalSessionEnded.row(on, proven.sessionId)) === true)
          return;
        const userId = await userOf(store, proven, transaction);
        if (await isSuspended(on, userId)) return;
        const endS = proven.acceptedUntil / 1_000;
        await sessionStatements.extendExternalSession.run(
          on,
          ...[proven.sessionId, userId, endS, agent],
        );
      });
      return;
    } catch (error) {
      // Another request created the same user, or took the name, concurrently.
      if (!(error instanceof UniqueConstraintError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function userOf(
  store: IdentityStore,
  proven: ExternalClaims,
  transaction: Transaction,
): Promise<string> {
  const { issuer, subject } = proven;
  const known = await store.externalIdentities.findOne({
    ...{ where: literal('issuer = $1 AND subject = $2'), bind: [issuer, subject], transaction },
  });
  if (known !== null) return known.userId;
  const id = randomUUID();
  const username = await freeName(store, proven.username, transaction);
  // Mail is never sent to this address and nobody can register it: accounts are not linked by
  // e-mail claims.
  const email = `${id}@external.invalid`;
  await store.users.create(
    {
      ...{ id, username, usernameKey: username.toLowerCase(), email, emailKey: email },
      displayName: proven.displayName ?? username,
      passwordHash: null,
    },
    { transaction },
  );
  await store.externalIdentities.create({ issuer, subject, userId: id }, { transaction });
  return id;
}

async function freeName(
  store: IdentityStore,
  wish: string | undefined,
  transaction: Transaction,
): Promise<string> {
  const suffix = randomUUID().replaceAll('-', '').slice(0, 12);
  if (wish === undefined) return `user_${suffix}`;
  const taken = await store.users.findOne({
    ...{ attributes: ['id'], where: literal('username_key = $1'), bind: [wish.toLowerCase()] },
    transaction,
  });
  return taken === null ? wish : `${wish.slice(0, USERNAME_MAX - suffix.length - 1)}_${suffix}`;
}
