import { TOKEN_MAX, UnauthorizedError } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import * as z from 'zod';

const schema = z.object({
  alg: z.string(),
  kid: z.string().max(255).optional(),
  typ: z.string().optional(),
  // It lists extensions without which a token means something else (RFC 7515, 4.1.11). None is understood here, and
  // jsonwebtoken passes over it.
  crit: z.never().optional(),
});

/** What may be read from a token before it is proven: the name of a key among those that are known, and its type. */
export interface TokenHeader {
  kid: string | undefined;
  /** Lower case, without `application/`. */
  typ: string | undefined;
}

/**
 * The header of a signed token. Throws UnauthorizedError for what is none, is too long, or needs an extension. Its
 * `alg`, `jku`, `jwk`, `x5u` and `x5c` are never used.
 */
export function readHeader(token: string): TokenHeader {
  const header = token.length <= TOKEN_MAX ? schema.safeParse(decoded(token)?.header).data : null;
  if (!header) throw new UnauthorizedError();
  const typ = header.typ?.toLowerCase().replace(/^application\//, '');
  return { kid: header.kid, typ };
}

/** What a token says of its issuer. Proven is nothing yet. */
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
