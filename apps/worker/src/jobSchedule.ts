import type { Log } from '@pern/delivery/ports';

export interface JobScheduleDeps {
  /** For the log. */
  job:
    | 'sweep'
    | 'due check'
    | 'audit'
    | 'deletions'
    | 'retention'
    | 'search names'
    | 'PostgreSQL state';
  run(): Promise<void>;
  /** False while Redis is gone and the job needs it: then no turn can be taken. */
  reachable(): boolean;
  ended(outcome: 'done' | 'failed' | 'skipped'): void;
  log: Log;
  intervalMs: number;
  /** Before the first run, milliseconds. */
  firstAfterMs: number;
}

export interface JobSchedule {
  /** Runs as soon as possible, such as when Redis is back. Several requests are one. */
  request(): void;
  /** No further run; waits for one at work no longer than `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

/** Runs a job for ever in the interval, give or take a tenth so that workers drift apart. */
export function scheduleJob(deps: JobScheduleDeps): JobSchedule {
  const { job, log, intervalMs } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let requested = false;
  let failing = false;
  let stopped = false;

  const once = async (): Promise<void> => {
    if (!deps.reachable()) {
      deps.ended('skipped');
      return;
    }
    try {
      await deps.run();
      deps.ended('done');
      if (failing) log.info({}, `the ${job} works again`);
      failing = false;
    } catch (error) {
      if (stopped) return;
      deps.ended('failed');
      if (!failing) log.warn({ err: error }, `the ${job} failed and will be repeated`);
      failing = true;
    }
  };

  const plan = (ms: number): void => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };

  const run = (): void => {
    if (running) return;
    requested = false;
    running = once().finally(() => {
      running = undefined;
      plan(requested ? 0 : intervalMs * (0.9 + Math.random() * 0.2));
    });
  };

  plan(deps.firstAfterMs);
  return {
    request() {
      requested = true;
      if (!running) plan(0);
    },
    async stop(withinMs) {
      stopped = true;
      clearTimeout(timer);
      let deadline: NodeJS.Timeout | undefined;
      await Promise.race([
        running,
        new Promise((resolve) => (deadline = setTimeout(resolve, withinMs))),
      ]);
      clearTimeout(deadline);
    },
  };
}
