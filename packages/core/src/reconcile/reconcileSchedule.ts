import type { Clock, Scheduler } from '@chasqui/foundation';
import type { Bus } from '../ports/index';

/**
 * Decides when the node reconciles with PostgreSQL: every `recheckMs`, more often in doubt, and shortly after an
 * announcement may have been lost (D7, D11).
 */
export interface ReconcileSchedule {
  /** An announcement was dropped because its members could not be read. */
  announcementDropped(): void;
  /** A change may have been committed without being announced, and a repeat would change nothing. All nodes reconcile. */
  outcomeUnknown(): void;
  /**
   * The bus works (again), and notifications may have been lost: at the start too, because the process before this one
   * may have committed changes without announcing them, and other nodes publish only once they have seen this one.
   */
  busRecovered(): void;
  /** Whether notifications may have been lost, so that polls also repeat events. */
  isInDoubt(): boolean;
  /** Starts the polls. `reconcile(true)` also repairs events that have no cursor. */
  start(tasks: { reconcile: (repair: boolean) => Promise<void>; after: () => Promise<void> }): void;
  /** The node stops. The other nodes reconcile if an outcome is unknown, now or later. */
  stop(): void;
}

/** The polling interval in doubt. */
const IN_DOUBT_EVERY_MS = 2_000;
/**
 * The doubt outlasts its cause: PostgreSQL may still execute a statement that timed out, and another node may only
 * then announce what it committed.
 */
const IN_DOUBT_MS = 30_000;
/** Time for the store to come back. */
const AFTER_DROPPED_MS = 1_000;
const AFTER_UNKNOWN_MS = 250;

export function createReconcileSchedule(deps: {
  bus: Pick<Bus, 'connected' | 'lost'>;
  clock: Clock;
  scheduler: Scheduler;
  recheckMs: number;
}): ReconcileSchedule {
  const { bus, clock, scheduler, recheckMs } = deps;
  let reconcile: ((repair: boolean) => Promise<void>) | undefined;
  let inDoubtUntil = 0;
  let isOutcomeUnknown = false;
  let stopped = false;

  const isInDoubt = (): boolean => !bus.connected() || clock.now() < inDoubtUntil;

  function doubt(): void {
    inDoubtUntil = clock.now() + IN_DOUBT_MS;
    void reconcile?.(true);
  }

  const doubtEverywhere = scheduler.soon(AFTER_UNKNOWN_MS, () => {
    isOutcomeUnknown = false;
    bus.lost();
    doubt();
  });

  return {
    announcementDropped: scheduler.soon(AFTER_DROPPED_MS, doubt),
    outcomeUnknown() {
      if (stopped) bus.lost();
      isOutcomeUnknown = true;
      doubtEverywhere();
    },
    busRecovered: doubt,
    isInDoubt,
    start(tasks) {
      reconcile = tasks.reconcile;
      scheduler.every(
        () => (isInDoubt() ? Math.min(IN_DOUBT_EVERY_MS, recheckMs) : recheckMs),
        async () => {
          await tasks.reconcile(isInDoubt());
          await tasks.after();
        },
      );
    },
    stop() {
      stopped = true;
      if (isOutcomeUnknown) bus.lost();
    },
  };
}
