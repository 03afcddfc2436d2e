/**
 * Runs idempotent reads, one at a time per key. Calls during a run share a single run after it, so every caller gets a
 * result read after its call, and a hundred concurrent calls cost two reads.
 */
export type SingleFlight = (key: string, work: () => Promise<void>) => Promise<void>;

export function createSingleFlight(): SingleFlight {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  return function run(key, work) {
    const shared = waiting.get(key);
    if (shared !== undefined) return shared;
    const before = running.get(key);
    if (before === undefined) {
      const mine = work().finally(() => running.delete(key));
      running.set(key, mine);
      return mine;
    }
    const next: Promise<void> = before
      .catch(() => undefined)
      .then(() => {
        waiting.delete(key);
        return run(key, work);
      });
    waiting.set(key, next);
    return next;
  };
}
