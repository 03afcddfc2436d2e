import * as z from 'zod';

const times = z.object({ exp: z.number(), iat: z.number().optional() });

/** The assumed lifetime of an unreadable token. Shorter than any server should choose. */
const UNKNOWN_S = 300;

/**
 * Returns for how many seconds a token is valid according to its claims, which are not verified. The local clock counts
 * only where it agrees with the token: a wrong clock must not make every token look expired.
 */
export function tokenLifetime(token: string, nowMs: number): number {
  const claims = times.safeParse(payloadOf(token)).data;
  if (claims === undefined) return UNKNOWN_S;
  const leftS = claims.exp - nowMs / 1000;
  if (claims.iat === undefined) return leftS > 0 ? leftS : UNKNOWN_S;
  const lifeS = claims.exp - claims.iat;
  if (lifeS <= 0) return UNKNOWN_S;
  return leftS > 0 && leftS <= lifeS ? leftS : lifeS;
}

function payloadOf(token: string): unknown {
  try {
    const [, payload = ''] = token.split('.');
    // Only numbers are used, so non-ASCII text need not be decoded.
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}
