import { createSecretKey, randomUUID } from 'node:crypto';
import { UnauthorizedError } from '@pern/protocol/errors';
import { uuid } from '@pern/protocol/ids';
import { TOKEN_MAX } from '@pern/protocol/limits';
import jwt from 'jsonwebtoken';
import * as z from 'zod';

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

/** Who a token speaks for, and until when. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface AccessTokens {
  /** Seconds that a token is good for. */
  readonly ttlS: number;
  sign(userId: string, sessionId: string): string;
  /** Throws UnauthorizedError for anything but a token of ours that has not expired. */
  verify(token: string): AccessClaims;
}

/**
 * Access tokens: HS256 and nothing else, with issuer, audience, type and expiry. Headers that name a
 * key (kid, jku, jwk) are never looked at; there is one key.
 */
export function createAccessTokens({
  secret,
  ttlS,
}: {
  secret: string;
  ttlS: number;
}): AccessTokens {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return {
    ttlS,
    sign: (userId, sessionId) =>
      jwt.sign({ typ: 'access', sid: sessionId }, key, {
        algorithm: 'HS256',
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: userId,
        jwtid: randomUUID(),
        expiresIn: ttlS,
      }),
    verify(token) {
      if (token.length > TOKEN_MAX) throw new UnauthorizedError();
      const { sub, sid, exp } = claimsOf(token, key);
      return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
    },
  };
}

function claimsOf(token: string, key: ReturnType<typeof createSecretKey>): z.output<typeof claims> {
  try {
    const payload = jwt.verify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    return claims.parse(payload);
  } catch {
    // Why it was refused is of use to an attacker alone.
    throw new UnauthorizedError();
  }
}
