/**
 * Coalesces idempotent reads by key. Calls made during a run share a single run after it. Every caller therefore gets a
 * result read after its call, and a hundred concurrent calls cause two reads.
 */
export function createCoalescer(): (what: string, work: () => Promise<void>) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  return function ask(what: string, work: () => Promise<void>): Promise<void> {
    const same = waiting.get(what);
    if (same !== undefined) return same;
    const before = underWay.get(what);
    if (before === undefined) {
      const mine = work().finally(() => underWay.delete(what));
      underWay.set(what, mine);
      return mine;
    }
    const next: Promise<void> = before
      .catch(() => undefined)
      .then(() => {
        waiting.delete(what);
        return ask(what, work);
      });
    waiting.set(what, next);
    return next;
  };
}
