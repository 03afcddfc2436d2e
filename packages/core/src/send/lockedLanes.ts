import type { Clock, Timer } from '@chasqui/foundation';

/** Conversations that another transaction has locked, with their sends. */
export interface LockedLanes<T> {
  /** Gives each of these conversations a transaction of its own that waits, so that the others do not have to. */
  add(lanes: Iterable<T[]>): void;
  /** The number of conversations that wait. */
  readonly count: number;
}

/** Transactions that wait for a locked conversation. They must never use up the pool (fault 31). */
const MAX_WAITING = 4;
/** How soon the other locked conversations are tried again. */
const RETRY_MS = 25;

export function createLockedLanes<T>(deps: {
  clock: Clock;
  maxBatch: number;
  /** Commits the sends of one conversation and waits for its lock. Never rejects. */
  commitWaiting: (sends: T[]) => Promise<void>;
  /** Tries a batch again that does not wait. */
  startBatch: (sends: T[]) => void;
  /** Called after each transaction that waited. */
  onDone: () => void;
}): LockedLanes<T> {
  const locked: T[][] = [];
  let waiting = 0;
  let timer: Timer | undefined;

  function start(): void {
    while (waiting < MAX_WAITING) {
      const lane = locked.shift();
      if (lane === undefined) return;
      waiting += 1;
      void deps.commitWaiting(lane).finally(() => {
        waiting -= 1;
        start();
        deps.onDone();
      });
    }
    // All waiting transactions are in use, perhaps for seconds. The remaining conversations are tried again without
    // waiting: one that was locked for a moment must not queue behind those that are stuck.
    if (locked.length > 0) timer ??= deps.clock.setTimeout(retry, RETRY_MS);
  }

  function retry(): void {
    timer = undefined;
    let batch: T[] = [];
    for (const lane of locked.splice(0)) {
      if (batch.length + lane.length > deps.maxBatch) {
        deps.startBatch(batch);
        batch = [];
      }
      batch.push(...lane);
    }
    deps.startBatch(batch);
  }

  return {
    add(lanes) {
      locked.push(...lanes);
      start();
    },
    get count() {
      return locked.length + waiting;
    },
  };
}
