import { createSecretKey, type KeyObject } from 'node:crypto';
import { UnauthorizedError, UnavailableError } from '@chasqui/protocol';
import { parsePublicKey } from '@chasqui/settings';
import * as z from 'zod';

/** A key, and the one algorithm that goes with it: what a token says of its algorithm chooses nothing. */
export interface VerifyingKey {
  key: KeyObject;
  algorithm: 'HS256' | 'RS256' | 'ES256';
}

/** The key for a token that names this one, or none. Throws UnauthorizedError when there is no such key. */
export type KeySource = (kid: string | undefined) => Promise<VerifyingKey>;

export function secretSource(secret: string): KeySource {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return async () => ({ key, algorithm: 'HS256' });
}

/** Throws when it is none; see `parsePublicKey`. */
export function publicKeySource(pem: string): KeySource {
  const known = parsePublicKey(pem);
  if (known === undefined) throw new Error('not a public key that tokens can be checked with');
  return async () => known;
}

/** What only a private or a shared key has (RFC 7518): a key that was published with it is no secret any more. */
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
/** Somebody who makes up key ids must not make us ask at each of them. */
const ASKED_EVERY_MS = 30_000;

/**
 * The keys that an issuer publishes at one address. They are kept for ten minutes, and longer while the address does
 * not answer; an unknown key id has them read again, twice a minute at most. Throws UnavailableError while nothing is
 * known of any key.
 */
export function jwksSource(url: string, now: () => number): KeySource {
  let known: Known[] | undefined;
  let readAt = -Infinity;
  let asked: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAt = now();
    const response = await fetch(url, {
      // Also bounds the reading of the body.
      signal: AbortSignal.timeout(FETCH_WITHIN_MS),
      headers: { accept: 'application/jwk-set+json, application/json' },
      // Elsewhere is another address than the one that was set.
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
    if (known === undefined) throw new UnavailableError('the keys of the issuer are not known', 5);
    throw new UnauthorizedError();
  };
}

/** The text of a JWKS answer. Throws for what is no JSON by its type, and as soon as it is too long. */
async function readBody(response: Response): Promise<string> {
  const type = response.headers.get('content-type');
  if (!response.ok || (type !== null && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))) {
    await response.body?.cancel();
    throw new Error(`the keys were answered with ${response.status} and ${type ?? 'no type'}`);
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
      throw new Error('the answer with the keys is too long');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The key of an entry that is meant for checking signatures; undefined for every other. */
function keyOf(jwk: Jwk): VerifyingKey | undefined {
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) return undefined;
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !jwk.key_ops.includes('verify')) return undefined;
  const key = parsePublicKey({ key: jwk, format: 'jwk' });
  return jwk.alg === undefined || jwk.alg === key?.algorithm ? key : undefined;
}
