/**
 * Allows `perSecond` on average and bursts of up to `burst`. The caller passes the time in
 * milliseconds.
 */
export interface TokenBucket {
  /** Takes a token; false if there is none. */
  take(now: number): boolean;
  /** Returns tokens, up to the burst. */
  give(tokens: number): void;
  /** Seconds until the next token. */
  waitS(): number;
}

export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let at = 0;
  const refill = (now: number): void => {
    // A clock that is set back neither adds nor removes tokens.
    if (now > at) tokens = Math.min(burst, tokens + ((now - at) * perSecond) / 1000);
    at = now;
  };
  return {
    take(now) {
      refill(now);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    give(more) {
      tokens = Math.min(burst, tokens + more);
    },
    waitS: () => Math.max(0, 1 - tokens) / perSecond,
  };
}
