import { setTimeout as passed } from 'node:timers/promises';

/** Looks every 20 ms until it holds; rejects naming `what` when it takes too long. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const giveUp = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`not within ${withinMs} ms: ${what}`);
    await passed(20);
  }
}
