export interface Arrivals {
  /** To be called for each. */
  arrived(): void;
  /** So far. */
  count(): number;
  /** Resolves at the moment when all are there; rejects when that takes too long. */
  readonly all: Promise<void>;
}

const GIVE_UP_MS = 120_000;

/** Told of each, and not looked at now and then: a drain is over before one has looked twice. */
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
  // A row that fails for another reason waits for it no more.
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
