import { endsWithin, type Log } from '@chasqui/foundation';

export interface JobScheduleDeps {
  /** For the log. */
  job:
    | 'sweep'
    | 'due check'
    | 'audit'
    | 'deletions'
    | 'retention'
    | 'search names'
    | 'topics'
    | 'PostgreSQL state';
  run(): Promise<void>;
  /** False while the job needs Redis and Redis is gone; the run is skipped. */
  reachable(): boolean;
  ended(outcome: 'done' | 'failed' | 'skipped'): void;
  log: Log;
  intervalMs: number;
  /** Delay before the first run, milliseconds. */
  firstAfterMs: number;
}

export interface JobSchedule {
  /** Runs as soon as possible, for example when Redis is back. Requests during a run are merged into one. */
  request(): void;
  /** Starts no further run and waits up to `withinMs` for the current one. */
  stop(withinMs: number): Promise<void>;
}

/** Runs a job every `intervalMs`, with 10 % jitter so that the runs of several workers spread out. */
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
      if (!failing) log.warn({ err: error }, `the ${job} failed and will be retried`);
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
      await endsWithin(Promise.resolve(running), withinMs);
    },
  };
}
