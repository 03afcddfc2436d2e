import { type RefreshToken, withTransaction } from '@chasqui/db';
import { literal, Op, type Transaction } from 'sequelize';
import type { IdentityStore } from '../identityStore';
import type { RefreshTokens } from '../tokens/refreshTokens';
import type { SecretGenerations } from '../tokens/secretGenerations';
import type { SessionLifetime } from './sessionLifetime';

/** Outcome of a refresh. */
export type Rotation =
  | { outcome: 'rotated'; userId: string; sessionId: string; refreshToken: string }
  /** Unknown, of an ended session, or bound to a secret no longer in the settings. */
  | { outcome: 'refused' }
  /** Reused by another client: the session has been ended. */
  | { outcome: 'reused'; userId: string; sessionId: string };

/** Rotated tokens are kept this long, so that the use of a stolen one is detected. */
const REMEMBERED = literal("now() + interval '30 days'");

interface Deps {
  store: IdentityStore;
  tokenFamily: RefreshTokens;
  secrets: Pick<SecretGenerations, 'first'>;
  lifetime: SessionLifetime;
}

/**
 * Exchanges a refresh token for the next of its family. The newest token is always accepted. Its
 * predecessor is accepted for ten seconds while the newest is unused, and yields the same newest
 * token again (two tabs). Any other use ends the session.
 */
export function rotateRefreshToken(
  { store, tokenFamily, secrets, lifetime }: Deps,
  token: string,
  agent: string | null,
): Promise<Rotation> {
  return withTransaction(store.db, async (transaction): Promise<Rotation> => {
    const tokenHash = tokenFamily.hash(token);
    const known = await store.refreshTokens.findByPk(tokenHash, { transaction });
    if (!known) return { outcome: 'refused' };
    if (!tokenFamily.accepts(known.keyId ?? (await secrets.first()))) return { outcome: 'refused' };
    // Serializes uses of one token family.
    const session = await store.sessions.findOne({
      where: {
        [Op.and]: [
          { id: known.sessionId, revokedAt: null },
          literal(`${lifetime.endOf('"Session"')} > now()`),
        ],
      },
      lock: transaction.LOCK.UPDATE,
      transaction,
    });
    if (!session) return { outcome: 'refused' };
    const { id: sessionId, userId } = session;
    const link = await store.refreshTokens.findByPk(tokenHash, { transaction });
    if (!link) return { outcome: 'refused' };

    if (link.rotatedAt === null) {
      const refreshToken = tokenFamily.successor(token);
      const successorHash = tokenFamily.hash(refreshToken);
      await link.update(
        { rotatedAt: literal('now()'), successorHash, expiresAt: REMEMBERED },
        { transaction },
      );
      await store.refreshTokens.create(
        {
          ...{ tokenHash: successorHash, sessionId },
          ...{ expiresAt: lifetime.fromNow, keyId: tokenFamily.keyId },
        },
        { transaction },
      );
      await session.update(
        {
          ...{ expiresAt: lifetime.prolonged, lastSeenAt: literal('now()') },
          userAgent: agent ?? session.userAgent,
        },
        { transaction },
      );
      return { outcome: 'rotated', userId, sessionId, refreshToken };
    }
    const { successorHash } = link;
    const same =
      successorHash === null ? undefined : tokenFamily.successorWithHash(token, successorHash);
    if (successorHash !== null && same !== undefined) {
      if (await isSecondTab(store, link, successorHash, transaction)) {
        return { outcome: 'rotated', userId, sessionId, refreshToken: same };
      }
    }
    await session.update({ revokedAt: literal('now()') }, { transaction });
    return { outcome: 'reused', userId, sessionId };
  });
}

async function isSecondTab(
  { refreshTokens }: IdentityStore,
  link: RefreshToken,
  successorHash: Buffer,
  transaction: Transaction,
): Promise<boolean> {
  const justNow = await refreshTokens.count({
    where: {
      tokenHash: link.tokenHash,
      rotatedAt: { [Op.gt]: literal("now() - interval '10 seconds'") },
    },
    transaction,
  });
  const unused = await refreshTokens.count({
    where: { tokenHash: successorHash, rotatedAt: null },
    transaction,
  });
  return justNow === 1 && unused === 1;
}
