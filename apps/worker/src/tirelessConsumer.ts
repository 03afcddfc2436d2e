import type { Log } from '@pern/delivery/ports';
import type { Consumer } from '@pern/redis/consumer';

export interface TirelessConsumer {
  /** Due deliveries are not being served; the second such report in a row without a job taken since renews the consumer. */
  suspect(): void;
  stop(withinMs: number): Promise<void>;
}

/**
 * Keeps a consumer at work. Bull has been seen idle for minutes on a connection that looked alive
 * (fault 9): when the sweep finds due deliveries again and this consumer has taken no job in
 * between, it is replaced, connections and all.
 */
export function keepConsuming(
  create: () => Consumer,
  { log, onRestart }: { log: Log; onRestart: () => void },
): TirelessConsumer {
  let consumer = create();
  let takenAtSuspicion: number | undefined;
  const retiring = new Set<Promise<void>>();
  let stopped = false;

  return {
    suspect() {
      if (stopped) return;
      const taken = consumer.taken();
      if (taken !== takenAtSuspicion) {
        takenAtSuspicion = taken;
        return;
      }
      takenAtSuspicion = undefined;
      log.warn({}, 'the queue is idle though deliveries are due; connecting anew');
      onRestart();
      const retired = consumer.stop(5_000).finally(() => retiring.delete(retired));
      retiring.add(retired);
      consumer = create();
    },
    async stop(withinMs) {
      stopped = true;
      await Promise.all([consumer.stop(withinMs), ...retiring]);
    },
  };
}
