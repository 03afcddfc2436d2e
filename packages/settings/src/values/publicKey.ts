import { createPublicKey, type KeyObject } from 'node:crypto';

/** A key with its only algorithm: a token's header cannot choose another. */
export interface PublicKey {
  key: KeyObject;
  algorithm: 'RS256' | 'ES256';
}

const RSA_BITS_MIN = 2_048;

/** Parses an RSA key of at least 2,048 bits or a P-256 key, from PEM or JWK; undefined for anything else. */
export function parsePublicKey(
  material: Parameters<typeof createPublicKey>[0],
): PublicKey | undefined {
  // createPublicKey also accepts private keys, which do not belong in a setting.
  if (typeof material === 'string' && !/-----BEGIN (RSA )?PUBLIC KEY-----/.test(material)) {
    return undefined;
  }
  let key: KeyObject;
  try {
    key = createPublicKey(material);
  } catch {
    return undefined;
  }
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS_MIN) {
    return { key, algorithm: 'RS256' };
  }
  return namedCurve === 'prime256v1' ? { key, algorithm: 'ES256' } : undefined;
}
