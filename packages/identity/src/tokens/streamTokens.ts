import { deviceId, UnauthorizedError, uuid } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import type { AccessClaims } from './accessTokens';
import type { SecretKeys } from './secretKeys';
import { readHeader } from './tokenHeader';

const ISSUER = 'chasqui';
const AUDIENCE = 'chasqui-streams';
const TYPE = 'stream+jwt';

const claims = z.object({ sub: uuid, sid: uuid, dev: deviceId.optional(), exp: z.number() });

/** A new token and its lifetime in seconds. */
export interface StreamToken {
  token: string;
  expiresInS: number;
}

/**
 * Tokens that only open event streams, so that one in a URL or a cookie gives no access to anything else. They name
 * the user and the session: their size does not depend on the number of conversations.
 */
export interface StreamTokens {
  sign(userId: string, sessionId: string, deviceId?: string): StreamToken;
  /**
   * Undefined if the token is of another type. Throws UnauthorizedError if it is forged or has expired.
   */
  verify(token: string): (AccessClaims & { deviceId: string | undefined }) | undefined;
}

interface Deps {
  keys: SecretKeys;
  ttlS: number;
}

export function createStreamTokens({ keys, ttlS }: Deps): StreamTokens {
  const { signing } = keys;
  return {
    sign: (userId, sessionId, device) => ({
      token: jwt.sign(
        { sid: sessionId, ...(device === undefined ? {} : { dev: device }) },
        signing.streamTokens,
        {
          ...{ algorithm: 'HS256', issuer: ISSUER, audience: AUDIENCE, expiresIn: ttlS },
          ...{ subject: userId, keyid: signing.id, header: { alg: 'HS256', typ: TYPE } },
        },
      ),
      expiresInS: ttlS,
    }),
    verify(token) {
      const { kid, typ } = readHeader(token);
      if (typ !== TYPE) return undefined;
      const key = kid === undefined ? undefined : keys.find(kid)?.streamTokens;
      if (key === undefined) throw new UnauthorizedError();
      try {
        const payload = jwt.verify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
        });
        const { sub, sid, dev, exp } = claims.parse(payload);
        return { userId: sub, sessionId: sid, deviceId: dev, expiresAt: exp * 1_000 };
      } catch {
        // The reason would only help an attacker.
        throw new UnauthorizedError();
      }
    },
  };
}
