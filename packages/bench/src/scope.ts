import type { Effort, Scope } from './contest';

export interface ClosableScope extends Scope {
  /** Resolves like `work`, or rejects with the first error that `fail` was told. */
  unlessFailed<T>(work: Promise<T>): Promise<T>;
  /** Closes everything, last in, first out, also when one of them throws. A second call does nothing. */
  close(): Promise<void>;
}

export function createScope(effort: Effort, say: (line: string) => void): ClosableScope {
  const releasers: (() => unknown)[] = [];
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  // Nobody may be waiting when it happens.
  failure.catch(() => undefined);
  return {
    effort,
    say,
    onClose: (close) => void releasers.push(close),
    fail: (error) => fail(error),
    unlessFailed: (work) => Promise.race([work, failure]),
    async close() {
      for (let close = releasers.pop(); close !== undefined; close = releasers.pop()) {
        try {
          await close();
        } catch (error) {
          say(`while closing: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    },
  };
}
