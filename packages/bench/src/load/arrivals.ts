export interface Arrivals {
  /** Call this for each message. */
  arrived(): void;
  /** Messages so far. */
  count(): number;
  /** Resolves when the expected number has arrived; rejects after two minutes. */
  readonly all: Promise<void>;
}

const GIVE_UP_MS = 120_000;

/** Counts arrivals by callback instead of polling, because a drain may be shorter than a polling interval. */
export function createArrivals(expected: number): Arrivals {
  let count = 0;
  let complete: () => void = () => undefined;
  const all = new Promise<void>((resolve, reject) => {
    const giveUp = setTimeout(
      () => reject(new Error(`only ${count} of ${expected} have arrived`)),
      GIVE_UP_MS,
    );
    complete = () => {
      clearTimeout(giveUp);
      resolve();
    };
  });
  // Avoids an unhandled rejection when the row fails for another reason.
  all.catch(() => undefined);
  return {
    arrived() {
      count += 1;
      if (count === expected) complete();
    },
    count: () => count,
    all,
  };
}
