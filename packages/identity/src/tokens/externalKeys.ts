import { createSecretKey, type KeyObject } from 'node:crypto';
import { UnauthorizedError, UnavailableError } from '@chasqui/protocol';
import { parsePublicKey } from '@chasqui/settings';
import * as z from 'zod';

/** A key with its only permitted algorithm; the algorithm named in a token is never trusted. */
export interface VerifyingKey {
  key: KeyObject;
  algorithm: 'HS256' | 'RS256' | 'ES256';
}

/**
 * Finds the key for a token's key id, if it has one. Throws UnauthorizedError if there is no such
 * key.
 */
export type KeySource = (kid: string | undefined) => Promise<VerifyingKey>;

export function secretSource(secret: string): KeySource {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return async () => ({ key, algorithm: 'HS256' });
}

/** Throws if the text is not a usable public key; see `parsePublicKey`. */
export function publicKeySource(pem: string): KeySource {
  const known = parsePublicKey(pem);
  if (known === undefined) throw new Error('not a public key for verifying tokens');
  return async () => known;
}

/**
 * Members of private and shared keys (RFC 7518): a key published with one of them is compromised.
 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const jwksSchema = z.object({
  keys: z
    .array(
      z.looseObject({
        kid: z.string().optional(),
        use: z.string().optional(),
        alg: z.string().optional(),
        key_ops: z.array(z.string()).optional(),
      }),
    )
    .max(100),
});
type Jwk = z.output<typeof jwksSchema>['keys'][number];

type Known = { kid: string | undefined; key: VerifyingKey };

const FETCH_WITHIN_MS = 3_000;
const ANSWER_MAX_BYTES = 262_144;
const KEPT_MS = 600_000;
/** Bounds requests to the issuer when clients invent key ids. */
const ASKED_EVERY_MS = 30_000;

/**
 * Reads the issuer's keys from its JWKS URL. They are cached for ten minutes, longer if the URL
 * does not answer. An unknown key id triggers a new read, at most twice a minute. Throws
 * UnavailableError until the keys have been read once.
 */
export function jwksSource(url: string, now: () => number): KeySource {
  let known: Known[] | undefined;
  let readAt = -Infinity;
  let asked: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAt = now();
    const response = await fetch(url, {
      // Also bounds reading the body.
      signal: AbortSignal.timeout(FETCH_WITHIN_MS),
      headers: { accept: 'application/jwk-set+json, application/json' },
      // Only the configured address is trusted.
      redirect: 'error',
    });
    const { keys } = jwksSchema.parse(JSON.parse(await readBody(response)));
    known = keys.flatMap((jwk) => {
      const key = keyOf(jwk);
      return key === undefined ? [] : [{ kid: jwk.kid, key }];
    });
  }

  function find(kid: string | undefined): VerifyingKey | undefined {
    if (kid !== undefined) return known?.find((one) => one.kid === kid)?.key;
    return known?.length === 1 ? known[0]?.key : undefined;
  }

  return async (kid) => {
    const found = find(kid);
    const age = now() - readAt;
    if (found !== undefined && age < KEPT_MS) return found;
    if (asked !== undefined || age >= ASKED_EVERY_MS) {
      asked ??= read().finally(() => {
        asked = undefined;
      });
      await asked.catch(() => undefined);
    }
    const key = find(kid) ?? found;
    if (key !== undefined) return key;
    if (known === undefined) throw new UnavailableError("the issuer's keys are not available", 5);
    throw new UnauthorizedError();
  };
}

/** Reads a JWKS response. Throws if its type is not JSON, and as soon as it is too long. */
async function readBody(response: Response): Promise<string> {
  const type = response.headers.get('content-type');
  if (!response.ok || (type !== null && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))) {
    await response.body?.cancel();
    throw new Error(
      `the JWKS URL answered with status ${response.status} and ${type ?? 'no type'}`,
    );
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > ANSWER_MAX_BYTES) {
      await reader?.cancel();
      throw new Error('the JWKS response is too long');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The key of a JWKS entry meant for verifying signatures; undefined for all others. */
function keyOf(jwk: Jwk): VerifyingKey | undefined {
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) return undefined;
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !jwk.key_ops.includes('verify')) return undefined;
  const key = parsePublicKey({ key: jwk, format: 'jwk' });
  return jwk.alg === undefined || jwk.alg === key?.algorithm ? key : undefined;
}
