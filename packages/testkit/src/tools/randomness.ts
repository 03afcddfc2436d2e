/** A seeded random generator: a failing test prints its seed and can be repeated. */
export interface Randomness {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  below(n: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and random enough to choose a test's next action. */
export function randomness(seed = Math.floor(Math.random() * 2 ** 31)): Randomness {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    seed,
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

/** Runs `work` with TEST_SEED or a random seed, and reports the seed on failure. */
export async function withSeed(work: (random: Randomness) => Promise<void>): Promise<void> {
  const given = process.env.TEST_SEED;
  const random = randomness(given === undefined ? undefined : Number(given));
  try {
    await work(random);
  } catch (error) {
    throw new Error(`failed with TEST_SEED=${random.seed}`, { cause: error });
  }
}
