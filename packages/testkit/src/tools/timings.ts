/** Runs `work` and resolves to its duration in milliseconds. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Runs `work` several times in sequence and resolves to the shortest duration in milliseconds. A busy or
 * stalling machine delays some runs; work that has become slow is slow every time.
 */
export async function quickestOf(times: number, work: () => Promise<unknown>): Promise<number> {
  let quickest = Infinity;
  for (let i = 0; i < times; i += 1) quickest = Math.min(quickest, await millisecondsOf(work));
  return quickest;
}

/** The median: for work that may be slow occasionally, but not usually. */
export function medianOf(measured: readonly number[]): number {
  return measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)] ?? NaN;
}
