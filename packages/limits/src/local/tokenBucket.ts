/** Allows `perSecond` on average and up to `burst` at once. Time is passed in, in milliseconds. */
export interface TokenBucket {
  /** Takes one; false when there is none. */
  take(now: number): boolean;
  /** Gives some back, up to the burst. */
  give(tokens: number): void;
  /** Seconds until there is one again. */
  waitS(): number;
}

export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let at = 0;
  const refill = (now: number): void => {
    // A clock that is set back fills nothing and takes nothing.
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
