import { randomUUID } from 'node:crypto';
import { literal, type Transaction } from 'sequelize';
import type { IdentityStore } from './identityStore';
import type { RefreshTokens } from './refreshTokens';

/** As long as a device is kept (D4): who comes back within it finds what waits. In PostgreSQL's time. */
export const sessionExpiry = literal("now() + interval '90 days'");

/** Begins a session with the first token of its chain. */
export async function openSession(
  { sessions, refreshTokens }: IdentityStore,
  chain: RefreshTokens,
  { userId, agent }: { userId: string; agent: string | null },
  transaction: Transaction,
): Promise<{ sessionId: string; refreshToken: string }> {
  const sessionId = randomUUID();
  const refreshToken = chain.first();
  await sessions.create(
    { id: sessionId, userId, userAgent: agent, expiresAt: sessionExpiry },
    { transaction },
  );
  await refreshTokens.create(
    { tokenHash: chain.hash(refreshToken), sessionId, expiresAt: sessionExpiry },
    { transaction },
  );
  return { sessionId, refreshToken };
}
