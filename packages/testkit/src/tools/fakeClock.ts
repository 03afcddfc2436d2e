import type { Clock } from '@chasqui/foundation';

export interface FakeClock extends Clock {
  /** Moves on and runs what is due on the way, in order. */
  advance(ms: number): void;
  /** Timers that have not run. */
  readonly pending: number;
}

/** A clock that stands still until the test moves it. */
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
