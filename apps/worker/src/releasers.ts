import type { Log } from '@chasqui/foundation';

/** Open resources, released in reverse order. */
export interface Releasers {
  /** Gives `release` at most `withinMs`. A release that fails or takes longer is logged and abandoned. */
  add(name: string, withinMs: number, release: () => Promise<void>): void;
  releaseAll(): Promise<void>;
}

export function createReleasers(log: Log): Releasers {
  const open: { name: string; withinMs: number; release: () => Promise<void> }[] = [];
  return {
    add: (name, withinMs, release) => open.push({ name, withinMs, release }),
    async releaseAll() {
      for (let next = open.pop(); next; next = open.pop()) {
        const { name, withinMs, release } = next;
        let deadline: NodeJS.Timeout | undefined;
        const late = new Promise<never>((_, reject) => {
          deadline = setTimeout(() => reject(new Error('took too long')), withinMs);
        });
        await Promise.race([release(), late]).catch((error: unknown) =>
          log.warn({ err: error, part: name }, 'a resource did not close properly'),
        );
        clearTimeout(deadline);
      }
    },
  };
}
