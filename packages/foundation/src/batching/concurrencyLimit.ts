/** Runs at most `width` tasks at once, the others in the order in which they came. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** Keeps a herd of connections from taking every connection of the pool at once (fault 28). */
export function createLimiter(width: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
