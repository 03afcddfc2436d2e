import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import type { IdentityStore } from '../identityStore';
import type { RefreshTokens } from '../tokens/refreshTokens';
import type { SessionLifetime } from './sessionLifetime';

interface Deps {
  store: IdentityStore;
  tokenFamily: RefreshTokens;
  lifetime: SessionLifetime;
}

/** Starts a session with the first token of its family. */
export async function openSession(
  { store: { sessions, refreshTokens }, tokenFamily, lifetime }: Deps,
  { userId, agent }: { userId: string; agent: string | null },
  transaction: Transaction,
): Promise<{ sessionId: string; refreshToken: string }> {
  const sessionId = randomUUID();
  const refreshToken = tokenFamily.first();
  await sessions.create(
    { id: sessionId, userId, userAgent: agent, expiresAt: lifetime.fromNow },
    { transaction },
  );
  await refreshTokens.create(
    {
      ...{ tokenHash: tokenFamily.hash(refreshToken), sessionId },
      ...{ expiresAt: lifetime.fromNow, keyId: tokenFamily.keyId },
    },
    { transaction },
  );
  return { sessionId, refreshToken };
}
