import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Purposes of a secret; each gets an independent derived key. */
type Use =
  | 'access tokens'
  /** Must stay: servers of earlier releases derive the same successors. */
  | 'refresh token chain'
  | 'login limits'
  | 'pusher channels'
  | 'stream tokens'
  | 'key id';

/** One secret from the settings with its derived keys. */
export interface SecretGeneration {
  /** Identifies the secret in tokens and in PostgreSQL without revealing it. */
  readonly id: string;
  readonly accessTokens: KeyObject;
  /** The secret itself, which releases without key ids sign and verify with. */
  readonly plainAccessTokens: KeyObject;
  readonly refreshTokens: Buffer;
  readonly loginLimits: Buffer;
  /** Signs subscriptions to channels of the chat. */
  readonly pusherChannels: Buffer;
  readonly streamTokens: KeyObject;
}

export interface SecretKeys {
  /** Signs all new tokens. */
  readonly signing: SecretGeneration;
  /** All accepted secrets, the signing one first. */
  readonly accepted: readonly SecretGeneration[];
  find(id: string): SecretGeneration | undefined;
}

/** Keys of `JWT_SECRET` and, if set, `JWT_SECRET_OTHER`, which only verifies. */
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
    pusherChannels: derive('pusher channels'),
    streamTokens: createSecretKey(derive('stream tokens')),
  };
}
