import type { Log, PeriodicTask, Scheduler } from '@chasqui/foundation';

export interface Job {
  /** For the log. */
  name:
    | 'sweep'
    | 'due check'
    | 'audit'
    | 'deletions'
    | 'retention'
    | 'search names'
    | 'topics'
    | 'PostgreSQL state';
  run(): Promise<void>;
  /** False while the job needs Redis and Redis is gone; the run is skipped. For jobs that need Redis. */
  reachable?: () => boolean;
  ended?: (outcome: 'done' | 'failed' | 'skipped') => void;
  intervalMs: number;
  /** Whether the first run starts at once instead of after an interval. */
  atOnce?: boolean;
}

/**
 * Runs a job every `intervalMs`, with 10 % jitter so that the runs of several workers spread out. Logs the first of
 * several failures, and the recovery.
 */
export function scheduleJob(
  { scheduler, log }: { scheduler: Scheduler; log: Log },
  { name, run, reachable = () => true, ended = () => undefined, intervalMs, atOnce = false }: Job,
): PeriodicTask {
  let failing = false;
  let stopped = false;

  async function once(): Promise<void> {
    if (!reachable()) {
      ended('skipped');
      return;
    }
    try {
      await run();
      ended('done');
      if (failing) log.info({}, `the ${name} works again`);
      failing = false;
    } catch (error) {
      if (stopped) return;
      ended('failed');
      if (!failing) log.warn({ err: error }, `the ${name} failed and will be retried`);
      failing = true;
    }
  }

  const task = scheduler.every(() => intervalMs * (0.9 + Math.random() * 0.2), once);
  if (atOnce) task.request();
  return {
    request: () => task.request(),
    stop(withinMs) {
      stopped = true;
      return task.stop(withinMs);
    },
  };
}
