import { setTimeout as passed } from 'node:timers/promises';

/** Polls every 20 ms until `holds` returns true; rejects with `what` in the message after the time limit. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const giveUp = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`timed out after ${withinMs} ms: ${what}`);
    await passed(20);
  }
}
