import type { Effort, Scope } from './contest';

export interface ClosableScope extends Scope {
  /** Resolves like `work`, or rejects with the first error passed to `fail`. */
  unlessFailed<T>(work: Promise<T>): Promise<T>;
  /**
   * Closes all resources, last in, first out, even if closing one of them throws. Resources opened later are closed
   * immediately. A second call waits for the first.
   */
  close(): Promise<void>;
  isClosed(): boolean;
}

export function createScope(
  effort: Effort,
  say: (line: string) => void,
  profileTo?: string,
): ClosableScope {
  const releasers: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  // Avoids an unhandled rejection when nothing awaits the failure.
  failure.catch(() => undefined);

  async function closeAll(): Promise<void> {
    for (let close = releasers.pop(); close !== undefined; close = releasers.pop()) {
      try {
        await close();
      } catch (error) {
        say(`while closing: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  return {
    effort,
    profileTo,
    say,
    onClose(close) {
      releasers.push(close);
      if (closing !== undefined) closing = closing.then(closeAll);
    },
    fail: (error) => fail(error),
    unlessFailed: (work) => Promise.race([work, failure]),
    close: () => (closing ??= closeAll()),
    isClosed: () => closing !== undefined,
  };
}
