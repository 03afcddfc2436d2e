import type { Clock } from '@chasqui/foundation';

export interface FakeClock extends Clock {
  /** Advances the time and runs due timers in order. */
  advance(ms: number): void;
  /** Number of timers that have not run yet. */
  readonly pending: number;
}

/** A clock that moves only when the test advances it. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    setTimeout(callback, ms) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = end;
    },
    get pending() {
      return timers.length;
    },
  };
}
