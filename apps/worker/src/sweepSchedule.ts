import type { Log } from '@pern/delivery/ports';
import type { Metrics } from './metrics';
import type { SweepReport } from './sweep';

export interface SweepScheduleDeps {
  sweep(): Promise<SweepReport>;
  /** False while Redis is gone: then there is nothing to put right. */
  reachable(): boolean;
  /** Called after each sweep that found due deliveries whose jobs nobody takes. */
  onUnserved(): void;
  metrics: Pick<Metrics, 'swept'>;
  log: Log;
  intervalMs: number;
}

export interface SweepSchedule {
  /** Sweeps as soon as possible, such as when Redis is back. Several requests are one. */
  request(): void;
  /** No further sweep; waits for one at work no longer than `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

/** Sweeps at once, then for ever in the interval, give or take a tenth so that workers drift apart. */
export function scheduleSweeps(deps: SweepScheduleDeps): SweepSchedule {
  const { metrics, log, intervalMs } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let requested = false;
  let failing = false;
  let stopped = false;

  const once = async (): Promise<void> => {
    if (!deps.reachable()) {
      metrics.swept('skipped');
      return;
    }
    try {
      const { unserved } = await deps.sweep();
      metrics.swept('done');
      if (failing) log.info({}, 'the sweep works again');
      failing = false;
      if (unserved > 0) deps.onUnserved();
    } catch (error) {
      metrics.swept('failed');
      if (!failing) log.warn({ err: error }, 'the sweep failed and will be repeated');
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

  plan(0);
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
