import type { Log } from '../log';
import type { Clock, Timer } from './clock';
import { endsWithin } from './timeout';

/** Runs periodic and delayed work. A task never overlaps with itself, and none starts after `stop`. */
export interface Scheduler {
  /** Runs `work` every `ms()` milliseconds, calling `ms` before each wait. Errors are logged. */
  every(ms: () => number, work: () => void | Promise<void>): PeriodicTask;
  /** Returns a function that runs `work` after `ms`. Calling it again before then has no effect. */
  soon(ms: number, work: () => void): () => void;
  stop(): void;
}

export interface PeriodicTask {
  /** Runs as soon as possible instead of after the wait. Requests during a run are merged into one. */
  request(): void;
  /** Starts no further run and waits up to `withinMs` for the current one. */
  stop(withinMs: number): Promise<void>;
}

export function createScheduler({ clock, log }: { clock: Clock; log: Log }): Scheduler {
  const timers = new Set<Timer>();
  let stopped = false;

  function after(ms: number, work: () => void): Timer | undefined {
    if (stopped) return undefined;
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
    return timer;
  }

  function every(ms: () => number, work: () => void | Promise<void>): PeriodicTask {
    let timer: Timer | undefined;
    let running: Promise<void> | undefined;
    let isRequested = false;
    let ended = false;

    function cancel(): void {
      if (timer === undefined) return;
      timers.delete(timer);
      timer.cancel();
    }

    function plan(waitMs: number): void {
      cancel();
      if (!ended) timer = after(waitMs, run);
    }

    function run(): void {
      // Work may request its next run before it returns.
      if (running !== undefined) return;
      isRequested = false;
      running = (async () => work())()
        .catch((error: unknown) => log.error({ err: error }, 'a periodic task failed'))
        .finally(() => {
          running = undefined;
          plan(isRequested ? 0 : ms());
        });
    }

    plan(ms());
    return {
      request() {
        isRequested = true;
        if (running === undefined) plan(0);
      },
      async stop(withinMs) {
        ended = true;
        cancel();
        await endsWithin(Promise.resolve(running), withinMs);
      },
    };
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
