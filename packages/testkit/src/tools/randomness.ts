/** Chance that a seed repeats exactly: a test that fails prints the seed and can be run again. */
export interface Randomness {
  readonly seed: number;
  /** Below 1. */
  next(): number;
  below(n: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and good enough to choose what a test does next. */
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

/** Runs `work` with a seed of its own, or with TEST_SEED, and names it when it fails. */
export async function withSeed(work: (random: Randomness) => Promise<void>): Promise<void> {
  const given = process.env.TEST_SEED;
  const random = randomness(given === undefined ? undefined : Number(given));
  try {
    await work(random);
  } catch (error) {
    throw new Error(`failed with TEST_SEED=${random.seed}`, { cause: error });
  }
}
