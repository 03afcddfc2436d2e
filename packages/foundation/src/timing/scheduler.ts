import type { Clock, Timer } from './clock';
import type { Log } from '../log';

/** Runs periodic and delayed work. A task never overlaps with itself, and none starts after `stop`. */
export interface Scheduler {
  /** Runs `work` every `ms()` milliseconds, calling `ms` before each wait. Errors are logged. */
  every(ms: () => number, work: () => void | Promise<void>): void;
  /** Returns a function that runs `work` after `ms`. Calling it again before then has no effect. */
  soon(ms: number, work: () => void): () => void;
  stop(): void;
}

export function createScheduler({ clock, log }: { clock: Clock; log: Log }): Scheduler {
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
        .catch((error: unknown) => log.error({ err: error }, 'a periodic task failed'))
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
