/** Starts work at a constant rate, regardless of its outcome, up to a number in flight. */
export interface Pace {
  stop(): void;
}

const TICK_MS = 50;

export function startPace(
  { perSecond, maxInFlight }: { perSecond: number; maxInFlight: number },
  work: (n: number) => Promise<unknown>,
): Pace {
  let owed = 0;
  let started = 0;
  let inFlight = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // After a stall at most one second of work is made up.
    owed = Math.min(owed + ((now - last) / 1_000) * perSecond, perSecond);
    last = now;
    for (; owed >= 1 && inFlight < maxInFlight; owed -= 1) {
      inFlight += 1;
      work(started++)
        .catch(() => undefined)
        .finally(() => {
          inFlight -= 1;
        });
    }
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
