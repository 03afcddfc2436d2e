import type { Locks } from '../tabs/browserApis';

/** Web Locks for tabs in one process: one holder per name, the others in line; `signal` ends the waiting. */
export function createLocks(): Locks {
  const lines = new Map<string, (() => void)[]>();

  function next(name: string): void {
    const line = lines.get(name) ?? [];
    line.shift();
    line[0]?.();
  }

  return {
    async request(name, { signal }, callback) {
      signal?.throwIfAborted();
      const line = lines.get(name) ?? [];
      lines.set(name, line);
      await new Promise<void>((resolve, reject) => {
        const turn = (): void => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = (): void => {
          line.splice(line.indexOf(turn), 1);
          reject(new Error('given up'));
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        line.push(turn);
        if (line.length === 1) turn();
      });
      try {
        return await callback();
      } finally {
        next(name);
      }
    },
  };
}
