import { createHash } from 'node:crypto';
import type { Clock } from '@chasqui/foundation';
import { ChasquiError, displayName, UnauthorizedError, username } from '@chasqui/protocol';
import type { Settings } from '@chasqui/settings';
import { jwtVerify } from 'jose';
import * as z from 'zod';
import { jwksSource, type KeySource, publicKeySource, secretSource } from './externalKeys';
import { claimedIssuer, readHeader } from './tokenHeader';

/** Tokens with a longer lifetime are refused: a stolen one must not work forever. */
const LONGEST_LIFE_S = 86_400;

/** Tolerated clock difference to the issuer. Our own tokens need no leeway. */
const LEEWAY_S = 60;

/**
 * Types of access tokens (RFC 9068) and of untyped tokens. Logout tokens and proofs of possession
 * are refused.
 */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'at+jwt']);

/** Text that PostgreSQL cannot store, or stores differently, could merge two subjects. */
const isStorable = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255).refine(isStorable),
  exp: z.number(),
  iat: z.number().optional(),
  sid: z.string().min(1).max(255).optional(),
  jti: z.string().min(1).max(255).optional(),
  // Optional; unusable values are ignored.
  preferred_username: username.optional().catch(undefined),
  name: displayName.optional().catch(undefined),
});

/** The verified claims of an external token. */
export interface ExternalClaims {
  issuer: string;
  subject: string;
  /** Derived from their session id; the same for every token of one external session. */
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** Until when the token is accepted, including leeway. */
  acceptedUntil: number;
  username: string | undefined;
  displayName: string | undefined;
}

export interface ExternalTokens {
  /** Whether the token claims this issuer; nothing is verified yet. */
  isFromIssuer(token: string): boolean;
  /** Throws UnauthorizedError unless the token is from this issuer, for us, and has not expired. */
  verify(token: string): Promise<ExternalClaims>;
}

/** External tokens per the settings; undefined if none are configured. */
export function externalTokensOf(
  settings: Settings,
  clock: Pick<Clock, 'now'>,
): ExternalTokens | undefined {
  const { EXTERNAL_ISSUER: issuer, EXTERNAL_AUDIENCE: audience } = settings;
  if (issuer === undefined || audience === undefined) return undefined;
  return createExternalTokens({ issuer, audience, keys: keysOf(settings, clock), clock });
}

function keysOf(settings: Settings, clock: Pick<Clock, 'now'>): KeySource {
  const { EXTERNAL_SECRET, EXTERNAL_PUBLIC_KEY, EXTERNAL_JWKS_URL } = settings;
  if (EXTERNAL_SECRET !== undefined) return secretSource(EXTERNAL_SECRET);
  if (EXTERNAL_PUBLIC_KEY !== undefined) return publicKeySource(EXTERNAL_PUBLIC_KEY);
  return jwksSource(EXTERNAL_JWKS_URL ?? '', () => clock.now());
}

interface Deps {
  issuer: string;
  audience: string;
  keys: KeySource;
  clock: Pick<Clock, 'now'>;
}

/**
 * Verifies tokens of one external issuer: its key and algorithm only, with issuer, audience,
 * subject and expiry.
 */
export function createExternalTokens({ issuer, audience, keys, clock }: Deps): ExternalTokens {
  return {
    isFromIssuer: (token) => claimedIssuer(token) === issuer,
    async verify(token) {
      try {
        const { kid, typ } = readHeader(token);
        if (!TYPES.has(typ)) throw new UnauthorizedError();
        const { key, algorithm } = await keys(kid);
        const now = clock.now() / 1_000;
        const { payload } = await jwtVerify(token, key, {
          ...{ algorithms: [algorithm], issuer, audience },
          ...{ currentDate: new Date(clock.now()), clockTolerance: LEEWAY_S },
        });
        const { sub, exp, iat, sid, jti, ...wishes } = claims.parse(payload);
        // jose compares whole seconds.
        if (exp + LEEWAY_S <= now) throw new UnauthorizedError();
        if (exp > now + LONGEST_LIFE_S + LEEWAY_S) throw new UnauthorizedError();
        if (iat !== undefined && iat > now + LEEWAY_S) throw new UnauthorizedError();
        const acceptedUntil = (exp + LEEWAY_S) * 1_000;
        return {
          ...{ issuer, subject: sub, acceptedUntil },
          // A connection closes when the token expires, unless the token was accepted only within
          // the leeway.
          expiresAt: exp > now ? exp * 1_000 : acceptedUntil,
          sessionId: sessionIdOf(issuer, sub, sid ?? jti ?? token),
          ...{ username: wishes.preferred_username, displayName: wishes.name },
        };
      } catch (error) {
        if (error instanceof ChasquiError) throw error;
        // The reason would only help an attacker.
        throw new UnauthorizedError();
      }
    },
  };
}

/** A version 8 UUID: collision-free and not reversible. */
function sessionIdOf(...parts: string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
