import type { Storage } from './storage';

/** Keeps values in memory until the process exits, for tests and for bots that need no persistence. */
export function createMemoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    async get(key) {
      return parsed(values.get(key));
    },
    async list(prefix) {
      return [...values.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key) => ({ key, value: parsed(values.get(key)) }));
    },
    async write(changes) {
      for (const { key, value } of changes) {
        if (value === undefined) values.delete(key);
        else values.set(key, JSON.stringify(value));
      }
    },
    close: async () => undefined,
  };
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
