/** Does a piece of work and resolves to how long it took, in milliseconds. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Does a piece of work several times, one after the other, and resolves to what the quickest took, in
 * milliseconds. A machine that is busy, or stands still for a moment, delays some of them; work that
 * has become slow is slow every time.
 */
export async function quickestOf(times: number, work: () => Promise<unknown>): Promise<number> {
  let quickest = Infinity;
  for (let i = 0; i < times; i += 1) quickest = Math.min(quickest, await millisecondsOf(work));
  return quickest;
}

/** The middle of what was measured: for what may be slow now and then, and must not be as a rule. */
export function medianOf(measured: readonly number[]): number {
  return measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)] ?? NaN;
}
