import * as z from 'zod';

const times = z.object({ exp: z.number(), iat: z.number().optional() });

/** For a token that nothing can be read of: shorter than any server should have it expire. */
const UNKNOWN_S = 300;

/**
 * For how many seconds a token is good, by what stands in it; nothing of it is proven here. This machine's clock is
 * believed only where it agrees with the token: one that is wrong must not make every token look old.
 */
export function lifeOf(token: string, nowMs: number): number {
  const said = times.safeParse(payloadOf(token)).data;
  if (said === undefined) return UNKNOWN_S;
  const leftS = said.exp - nowMs / 1000;
  if (said.iat === undefined) return leftS > 0 ? leftS : UNKNOWN_S;
  const lifeS = said.exp - said.iat;
  if (lifeS <= 0) return UNKNOWN_S;
  return leftS > 0 && leftS <= lifeS ? leftS : lifeS;
}

function payloadOf(token: string): unknown {
  try {
    const [, payload = ''] = token.split('.');
    // Only numbers are read of it, so what stands in it beside ASCII need not be decoded.
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}
