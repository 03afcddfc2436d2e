import { type KeyObject, randomUUID } from 'node:crypto';
import { UnauthorizedError, uuid } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import type { SecretKeys } from './secretKeys';
import { readHeader, type TokenHeader } from './tokenHeader';

const ISSUER = 'chasqui';
const AUDIENCE = 'chasqui-api';

const claims = z.object({
  typ: z.literal('access'),
  sub: uuid,
  sid: uuid,
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});

/** The user and session of a token, and its expiry. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface AccessTokens {
  /** Lifetime of a token in seconds. */
  readonly ttlS: number;
  sign(userId: string, sessionId: string): string;
  /** Throws UnauthorizedError unless the token is ours and has not expired. */
  verify(token: string): AccessClaims;
}

interface Deps {
  keys: SecretKeys;
  ttlS: number;
}

/**
 * Access tokens: HS256 only, with issuer, audience, type and expiry, checked without leeway. `kid`
 * selects the secret and `typ` the key derived from it (docs/adr/0013).
 */
export function createAccessTokens({ keys, ttlS }: Deps): AccessTokens {
  const { signing, accepted } = keys;
  // A second secret implies that every server understands `kid`; servers of the previous release
  // verify with the secret itself.
  const signer =
    accepted.length > 1
      ? { key: signing.accessTokens, typ: 'at+jwt' }
      : { key: signing.plainAccessTokens, typ: 'JWT' };
  return {
    ttlS,
    sign: (userId, sessionId) =>
      jwt.sign({ typ: 'access', sid: sessionId }, signer.key, {
        ...{ algorithm: 'HS256', issuer: ISSUER, audience: AUDIENCE, expiresIn: ttlS },
        ...{ subject: userId, jwtid: randomUUID() },
        ...{ keyid: signing.id, header: { alg: 'HS256', typ: signer.typ } },
      }),
    verify(token) {
      for (const key of keysFor(readHeader(token), keys)) {
        const proven = claimsOf(token, key);
        if (proven) return proven;
      }
      // The reason would only help an attacker.
      throw new UnauthorizedError();
    },
  };
}

/**
 * A token without `kid` comes from an earlier release and may be signed with any accepted secret.
 */
function keysFor({ kid, typ }: TokenHeader, { accepted, find }: SecretKeys): KeyObject[] {
  const named = kid === undefined ? accepted : [find(kid)].filter((one) => one !== undefined);
  if (typ === 'at+jwt') return kid === undefined ? [] : named.map((one) => one.accessTokens);
  return typ === 'jwt' ? named.map((one) => one.plainAccessTokens) : [];
}

function claimsOf(token: string, key: KeyObject): AccessClaims | undefined {
  try {
    const payload = jwt.verify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    const { sub, sid, exp } = claims.parse(payload);
    return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
  } catch {
    return undefined;
  }
}
