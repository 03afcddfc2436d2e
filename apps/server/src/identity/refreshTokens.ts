import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface RefreshTokens {
  /** A new chain: 256 random bits. */
  first(): string;
  /**
   * The token that follows in the chain. Always the same one, so that two tabs which refresh at the
   * same moment hold one chain and not two: a fork would be a thief's and nobody would notice.
   */
  successor(token: string): string;
  /** What is stored in its place. */
  hash(token: string): Buffer;
}

/** Opaque to everybody: without the secret nothing about a token follows from its predecessor. */
export function createRefreshTokens({ secret }: { secret: string }): RefreshTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'chasqui refresh token chain', 32));
  return {
    first: () => randomBytes(32).toString('base64url'),
    successor: (token) => createHmac('sha256', key).update(token).digest('base64url'),
    hash: (token) => createHash('sha256').update(token).digest(),
  };
}
