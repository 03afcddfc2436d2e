import { setTimeout as delay } from 'node:timers/promises';
import { withTimeout } from '@chasqui/foundation';

/** The reason why the demo stops, in one line for the user. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** Waits for `work` for at most `withinMs`. @throws DemoFailure with `what` in the message on timeout. */
export function bounded<T>(what: string, withinMs: number, work: Promise<T>): Promise<T> {
  return withTimeout(work, withinMs, (): never => {
    throw new DemoFailure(`Timed out after ${withinMs / 1000} s: ${what}.`);
  });
}

/** Waits for `work`. @throws DemoFailure when the signal is aborted first. */
export async function interruptible<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const interruption = new Promise<never>((_, reject) => {
    const interrupt = () => reject(new DemoFailure('Interrupted.'));
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
  });
  return Promise.race([work, interruption]);
}

/** Polls every few milliseconds until `holds` returns a value. @throws DemoFailure after `withinMs`. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  holds: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await bounded(what, Math.max(deadline - performance.now(), 1), promised(holds));
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new DemoFailure(`Timed out after ${withinMs / 1000} s: ${what}.`);
    }
    await delay(5);
  }
}

async function promised<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}
