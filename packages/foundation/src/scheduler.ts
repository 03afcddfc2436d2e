import type { Clock, Timer } from './clock';
import type { Log } from './log';

/** Work that a node does again and again. Nothing overlaps with itself, and nothing runs after `stop`. */
export interface Timetable {
  /** Runs `work` every `ms()` milliseconds, evaluated before each run. Errors are logged. */
  every(ms: () => number, work: () => void | Promise<void>): void;
  /** Runs `work` once after `ms`; a second call before then does nothing. Returns that call. */
  soon(ms: number, work: () => void): () => void;
  stop(): void;
}

export function createTimetable({ clock, log }: { clock: Clock; log: Log }): Timetable {
  const timers = new Set<Timer>();
  let stopped = false;

  function after(ms: number, work: () => void): void {
    if (stopped) return;
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  }

  function every(ms: () => number, work: () => void | Promise<void>): void {
    after(ms(), () => {
      void (async () => work())()
        .catch((error: unknown) => log.error({ err: error }, 'a periodic look failed'))
        .finally(() => every(ms, work));
    });
  }

  return {
    every,
    soon(ms, work) {
      let due = false;
      return () => {
        if (due) return;
        due = true;
        after(ms, () => {
          due = false;
          work();
        });
      };
    },
    stop() {
      stopped = true;
      for (const timer of timers) timer.cancel();
    },
  };
}
