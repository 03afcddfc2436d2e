/** Starts works at a pace, whatever becomes of them; at most so many are under way. */
export interface Pace {
  stop(): void;
}

const TICK_MS = 50;

export function startPace(
  { perSecond, underWayMax }: { perSecond: number; underWayMax: number },
  work: (n: number) => Promise<unknown>,
): Pace {
  let owed = 0;
  let started = 0;
  let underWay = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // Who falls behind does not make up for more than a second.
    owed = Math.min(owed + ((now - last) / 1_000) * perSecond, perSecond);
    last = now;
    for (; owed >= 1 && underWay < underWayMax; owed -= 1) {
      underWay += 1;
      work(started++)
        .catch(() => undefined)
        .finally(() => {
          underWay -= 1;
        });
    }
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
