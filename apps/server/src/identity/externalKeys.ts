import { createSecretKey, type KeyObject } from 'node:crypto';
import { UnauthorizedError, UnavailableError } from '@pern/protocol/errors';
import { parsePublicKey } from '@pern/settings/publicKey';
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

const jwksSchema = z.object({
  keys: z.array(z.looseObject({ kid: z.string().optional(), use: z.string().optional() })),
});

type Known = { kid: string | undefined; key: VerifyingKey };

const FETCH_WITHIN_MS = 3_000;
const LARGEST_ANSWER = 262_144;
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
      signal: AbortSignal.timeout(FETCH_WITHIN_MS),
      // Elsewhere is another address than the one that was set.
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`the keys were answered with ${response.status}`);
    const text = await response.text();
    if (text.length > LARGEST_ANSWER) throw new Error('too many keys');
    const { keys } = jwksSchema.parse(JSON.parse(text));
    known = keys
      .filter(({ use }) => use === undefined || use === 'sig')
      .flatMap(({ kid, ...jwk }) => {
        const key = parsePublicKey({ key: jwk, format: 'jwk' });
        return key === undefined ? [] : [{ kid, key }];
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
