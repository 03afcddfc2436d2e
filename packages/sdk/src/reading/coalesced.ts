/**
 * Work that says the same however often it is done: while it is under way, all who ask for it share one more turn after
 * it. So what is read began after it was asked for, and a hundred asks are two reads.
 */
export function createCoalesced(): (what: string, work: () => Promise<void>) => Promise<void> {
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
