/**
 * Waits for a fact: calls `fact` until it returns something truthy and returns that. Throws after
 * `withinMs` with the last reason, so that a test says what it waited for.
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
      throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause: reason });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
