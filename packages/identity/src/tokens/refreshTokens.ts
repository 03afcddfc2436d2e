import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { SecretGeneration, SecretKeys } from './secretKeys';

export interface RefreshTokens {
  /** Id of the secret that new tokens are bound to. */
  readonly keyId: string;
  /** Starts a new family: 256 random bits. */
  first(): string;
  /**
   * The next token of the family. It is deterministic, so two tabs refreshing at the same moment
   * get the same token. If they forked the family, a thief's fork would go unnoticed.
   */
  successor(token: string): string;
  /** The successor with this hash, from any accepted secret; undefined if there is none. */
  successorWithHash(token: string, hash: Buffer): string | undefined;
  /** Whether tokens bound to this secret are still accepted. */
  accepts(keyId: string): boolean;
  /** The stored hash of a token. */
  hash(token: string): Buffer;
}

/** Tokens are opaque: without the secret, a successor cannot be derived. */
export function createRefreshTokens({ signing, accepted, find }: SecretKeys): RefreshTokens {
  const hash = (token: string): Buffer => createHash('sha256').update(token).digest();
  const successorBy = ({ refreshTokens }: SecretGeneration, token: string): string =>
    createHmac('sha256', refreshTokens).update(token).digest('base64url');
  return {
    keyId: signing.id,
    first: () => randomBytes(32).toString('base64url'),
    successor: (token) => successorBy(signing, token),
    successorWithHash: (token, wanted) =>
      accepted.map((one) => successorBy(one, token)).find((next) => hash(next).equals(wanted)),
    accepts: (keyId) => find(keyId) !== undefined,
    hash,
  };
}
