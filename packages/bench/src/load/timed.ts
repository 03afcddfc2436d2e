import { median } from '../figures/statistics';

/** Runs `work` the given number of times in sequence; returns the median duration in milliseconds. */
export async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  }
  return median(took);
}
