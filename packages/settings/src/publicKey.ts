import { createPublicKey, type KeyObject } from 'node:crypto';

/** A key, and the one algorithm that goes with it: the header of a token chooses nothing. */
export interface PublicKey {
  key: KeyObject;
  algorithm: 'RS256' | 'ES256';
}

const RSA_BITS_MIN = 2_048;

/** RSA with 2,048 bits or more, or P-256, from PEM or a JWK; undefined for everything else. */
export function parsePublicKey(
  material: Parameters<typeof createPublicKey>[0],
): PublicKey | undefined {
  // createPublicKey also accepts a private key, which must not be in a setting.
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
