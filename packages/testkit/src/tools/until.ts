/**
 * Polls `fact` until it returns a truthy value, and returns that value. Throws after `withinMs`, naming
 * `what` it waited for, with the last result or error as the cause.
 */
export async function until<T>(
  what: string,
  fact: () => T | Promise<T>,
  withinMs = 40_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + withinMs;
  let reason: unknown;
  for (;;) {
    try {
      const result = await fact();
      if (result) return result;
      reason = result;
    } catch (error) {
      reason = error;
    }
    if (performance.now() > end) {
      throw new Error(`timed out after ${withinMs} ms waiting until ${what}`, { cause: reason });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
