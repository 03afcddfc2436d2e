import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What a secret of the settings is used for; each use has a key of its own, from which no other follows. */
type Use =
  | 'access tokens'
  /** As in earlier releases: servers of both kinds must find the same successor of a token. */
  | 'refresh token chain'
  | 'login limits'
  | 'key id';

/** One secret of the settings, and the keys that are derived from it. */
export interface SecretGeneration {
  /** Names the secret in tokens and in PostgreSQL without telling anything of it. */
  readonly id: string;
  readonly accessTokens: KeyObject;
  /** The secret itself, which releases before key ids signed with and still check by. */
  readonly plainAccessTokens: KeyObject;
  readonly refreshTokens: Buffer;
  readonly loginLimits: Buffer;
}

export interface SecretKeys {
  /** Signs everything that is new. */
  readonly signing: SecretGeneration;
  /** All that are accepted, the signing one first. */
  readonly accepted: readonly SecretGeneration[];
  find(id: string): SecretGeneration | undefined;
}

/** Keys of `JWT_SECRET`, and of `JWT_SECRET_OTHER` where it is given: that one checks and never signs. */
export function createSecretKeys(secret: string, other?: string): SecretKeys {
  const signing = generationOf(secret);
  const accepted = other === undefined ? [signing] : [signing, generationOf(other)];
  return { signing, accepted, find: (id) => accepted.find((one) => one.id === id) };
}

const KEY_BYTES = 32;
const ID_BYTES = 9;

function generationOf(secret: string): SecretGeneration {
  const derive = (use: Use, bytes = KEY_BYTES): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `chasqui ${use}`, bytes));
  return {
    id: derive('key id', ID_BYTES).toString('base64url'),
    accessTokens: createSecretKey(derive('access tokens')),
    plainAccessTokens: createSecretKey(Buffer.from(secret, 'utf8')),
    refreshTokens: derive('refresh token chain'),
    loginLimits: derive('login limits'),
  };
}
