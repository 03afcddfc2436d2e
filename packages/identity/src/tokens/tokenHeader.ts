import { TOKEN_MAX, UnauthorizedError } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import * as z from 'zod';

const schema = z.object({
  alg: z.string(),
  kid: z.string().max(255).optional(),
  typ: z.string().optional(),
  // Lists extensions that change the token's meaning (RFC 7515, 4.1.11). None is supported here,
  // and jsonwebtoken ignores the member.
  crit: z.never().optional(),
});

/** The unverified parts of a header that may be used: a key id to look up, and the type. */
export interface TokenHeader {
  kid: string | undefined;
  /** Lower case, without `application/`. */
  typ: string | undefined;
}

/**
 * Reads the header of a signed token. Throws UnauthorizedError if it is malformed, too long, or
 * requires an extension. `alg`, `jku`, `jwk`, `x5u` and `x5c` are never used.
 */
export function readHeader(token: string): TokenHeader {
  const header = token.length <= TOKEN_MAX ? schema.safeParse(decoded(token)?.header).data : null;
  if (!header) throw new UnauthorizedError();
  const typ = header.typ?.toLowerCase().replace(/^application\//, '');
  return { kid: header.kid, typ };
}

/** The issuer that a token claims; unverified. */
export function claimedIssuer(token: string): unknown {
  const payload = token.length <= TOKEN_MAX ? decoded(token)?.payload : undefined;
  return typeof payload === 'object' ? payload.iss : undefined;
}

function decoded(token: string): jwt.Jwt | null {
  try {
    return jwt.decode(token, { complete: true });
  } catch {
    return null;
  }
}
