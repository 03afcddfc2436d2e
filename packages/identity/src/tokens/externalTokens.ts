import { createHash } from 'node:crypto';
import type { Clock } from '@chasqui/foundation';
import { ChasquiError, displayName, UnauthorizedError, username } from '@chasqui/protocol';
import type { Settings } from '@chasqui/settings';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import { jwksSource, type KeySource, publicKeySource, secretSource } from './externalKeys';
import { claimedIssuer, readHeader } from './tokenHeader';

/** A token that lives longer is refused: a stolen one should not be good for ever. */
const LONGEST_LIFE_S = 86_400;

/** How far the issuer's clock may be from ours. Our own tokens get no leeway: one clock made and reads them. */
const LEEWAY_S = 60;

/** Of access tokens (RFC 9068) and of tokens that do not say. A logout token or a proof of possession is neither. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'at+jwt']);

/** What PostgreSQL cannot keep, or keeps as something else, could make two subjects one. */
const isStorable = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255).refine(isStorable),
  exp: z.number(),
  iat: z.number().optional(),
  sid: z.string().min(1).max(255).optional(),
  jti: z.string().min(1).max(255).optional(),
  // Wishes: one that does not do is passed over.
  preferred_username: username.optional().catch(undefined),
  name: displayName.optional().catch(undefined),
});

/** Whom a token of another issuer speaks for. */
export interface ExternalClaims {
  issuer: string;
  subject: string;
  /** Ours, made of theirs: the same for every token of one session of theirs. */
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** Until when the token is taken with the leeway for the issuer's clock. */
  acceptedUntil: number;
  username: string | undefined;
  displayName: string | undefined;
}

export interface ExternalTokens {
  /** Whether it says that it is theirs; proven is nothing yet. */
  isFromIssuer(token: string): boolean;
  /** Throws UnauthorizedError for anything but their token for us that has not expired. */
  verify(token: string): Promise<ExternalClaims>;
}

/** What the settings say of another issuer; undefined where they say nothing. */
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

/** Tokens of one other issuer: its key alone, its algorithm alone, with issuer, audience, subject and expiry. */
export function createExternalTokens({ issuer, audience, keys, clock }: Deps): ExternalTokens {
  return {
    isFromIssuer: (token) => claimedIssuer(token) === issuer,
    async verify(token) {
      try {
        const { kid, typ } = readHeader(token);
        if (!TYPES.has(typ)) throw new UnauthorizedError();
        const { key, algorithm } = await keys(kid);
        const now = clock.now() / 1_000;
        const payload = jwt.verify(token, key, {
          ...{ algorithms: [algorithm], issuer, audience },
          ...{ clockTimestamp: now, clockTolerance: LEEWAY_S },
        });
        const { sub, exp, iat, sid, jti, ...wishes } = claims.parse(payload);
        if (exp > now + LONGEST_LIFE_S + LEEWAY_S) throw new UnauthorizedError();
        if (iat !== undefined && iat > now + LEEWAY_S) throw new UnauthorizedError();
        const acceptedUntil = (exp + LEEWAY_S) * 1_000;
        return {
          ...{ issuer, subject: sub, acceptedUntil },
          // A connection ends when the token says, unless the leeway alone has let it in.
          expiresAt: exp > now ? exp * 1_000 : acceptedUntil,
          sessionId: sessionIdOf(issuer, sub, sid ?? jti ?? token),
          ...{ username: wishes.preferred_username, displayName: wishes.name },
        };
      } catch (error) {
        if (error instanceof ChasquiError) throw error;
        // Why it was refused is of use to an attacker alone.
        throw new UnauthorizedError();
      }
    },
  };
}

/** A UUID (version 8) that nobody meets by chance, and that does not tell what it was made of. */
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
