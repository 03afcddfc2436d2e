import type { Log } from '@chasqui/foundation';
import type { Consumer } from '@chasqui/redis';

export interface SelfHealingConsumer {
  /**
   * Reports that due deliveries are not being served. A second report in a row, without a job taken in between,
   * replaces the consumer.
   */
  suspect(): void;
  stop(withinMs: number): Promise<void>;
}

/**
 * Keeps a consumer working. Bull can stay idle for minutes on a connection that looks alive (fault 9 in
 * docs/testing/faults.md): when the sweep reports due deliveries twice and this consumer has taken no job in between,
 * it is replaced, with new connections.
 */
export function createSelfHealingConsumer(
  create: () => Consumer,
  { log, onRestart }: { log: Log; onRestart: () => void },
): SelfHealingConsumer {
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
      log.warn({}, 'the queue is idle while deliveries are due; reconnecting');
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
