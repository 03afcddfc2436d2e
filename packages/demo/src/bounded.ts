import { setTimeout as delay } from 'node:timers/promises';

/** Why the demo cannot go on, in one line for the person at the terminal. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** Waits for `work` no longer than `withinMs`. @throws DemoFailure that says what was waited for. */
export async function bounded<T>(what: string, withinMs: number, work: Promise<T>): Promise<T> {
  const enough = new AbortController();
  const timeout = delay(withinMs, undefined, { signal: enough.signal }).then(() => {
    throw new DemoFailure(`After ${withinMs / 1000} s it is still not so that ${what}.`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    // The work may fail first; nobody waits for the timeout then.
    timeout.catch(() => undefined);
    enough.abort();
  }
}

/** Waits for `work` until somebody presses Ctrl-C. @throws DemoFailure then. */
export async function interruptible<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const interruption = new Promise<never>((_, reject) => {
    const give = () => reject(new DemoFailure('Interrupted.'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  return Promise.race([work, interruption]);
}

/** Waits until `holds`, looking every few milliseconds. @throws DemoFailure when it does not. */
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
      throw new DemoFailure(`After ${withinMs / 1000} s it is still not so that ${what}.`);
    }
    await delay(5);
  }
}

async function promised<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}
