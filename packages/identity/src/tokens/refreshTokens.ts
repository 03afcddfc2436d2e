import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { SecretGeneration, SecretKeys } from './secretKeys';

export interface RefreshTokens {
  /** Names the secret that new tokens are bound to. */
  readonly keyId: string;
  /** A new chain: 256 random bits. */
  first(): string;
  /**
   * The token that follows in the chain. Always the same one, so that two tabs which refresh at the
   * same moment hold one chain and not two: a fork would be a thief's and nobody would notice.
   */
  successor(token: string): string;
  /** The successor with this hash, whichever secret it was made by; undefined when it was none of those accepted. */
  successorWithHash(token: string, hash: Buffer): string | undefined;
  /** Whether tokens that are bound to this secret are still taken. */
  accepts(keyId: string): boolean;
  /** What is stored in its place. */
  hash(token: string): Buffer;
}

/** Opaque to everybody: without the secret nothing about a token follows from its predecessor. */
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
