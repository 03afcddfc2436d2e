import type { Log } from './log';
import { withTimeout } from './timing/timeout';

/** What has been opened, and how it is closed: last in, first out. */
export interface Releasers {
  /** `withinMs`: how long the closing may take before it is left to the end of the process. */
  push(name: string, release: () => Promise<unknown> | void, withinMs?: number): void;
  /** Closes everything, also when some of it fails. A second call waits for the first. */
  releaseAll(): Promise<void>;
}

const WITHIN_MS = 2_000;

export function createReleasers(log: Log): Releasers {
  const opened: { name: string; release: () => Promise<unknown> | void; withinMs: number }[] = [];
  let releasing: Promise<void> | undefined;

  async function release(): Promise<void> {
    for (let last = opened.pop(); last; last = opened.pop()) {
      const { name, withinMs } = last;
      try {
        const closing = Promise.resolve(last.release()).then(() => true);
        const closed = await withTimeout(closing, withinMs, () => false);
        if (!closed) log.warn({ what: name }, 'did not close in time');
      } catch (error) {
        log.warn({ err: error, what: name }, 'did not close well');
      }
    }
  }

  return {
    push(name, releaseOne, withinMs = WITHIN_MS) {
      opened.push({ name, release: releaseOne, withinMs });
    },
    releaseAll: () => (releasing ??= release()),
  };
}
