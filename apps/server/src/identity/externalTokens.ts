import { createHash } from 'node:crypto';
import type { Clock } from '@pern/delivery/ports';
import { ChasquiError, UnauthorizedError } from '@pern/protocol/errors';
import { TOKEN_MAX } from '@pern/protocol/limits';
import { displayName, username } from '@pern/protocol/text';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import type { Settings } from '../settings';
import { jwksSource, type KeySource, publicKeySource, secretSource } from './externalKeys';

/**
 * A token that lives longer is refused: its session is remembered as ended for a day after its logout, and a stolen one
 * should not be good for ever.
 */
const LONGEST_LIFE_S = 86_400;

const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  exp: z.number(),
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
  username: string | undefined;
  displayName: string | undefined;
}

export interface ExternalTokens {
  /** Whether it says that it is theirs; proven is nothing yet. */
  isTheirs(token: string): boolean;
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
  const read = (token: string) =>
    token.length <= TOKEN_MAX ? jwt.decode(token, { complete: true }) : null;

  return {
    isTheirs(token) {
      const payload = readable(() => read(token))?.payload;
      return typeof payload === 'object' && payload.iss === issuer;
    },
    async verify(token) {
      try {
        // Of the header only the name of the key is looked at, and only among the keys that we have.
        const { key, algorithm } = await keys(read(token)?.header.kid);
        const payload = jwt.verify(token, key, { algorithms: [algorithm], issuer, audience });
        const { sub, exp, sid, jti, ...wishes } = claims.parse(payload);
        if (exp * 1000 > clock.now() + LONGEST_LIFE_S * 1000) throw new UnauthorizedError();
        return {
          ...{ issuer, subject: sub, expiresAt: exp * 1000 },
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

function readable<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
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
