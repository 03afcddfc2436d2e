/// <reference lib="dom" />
import { randomId } from '../randomId';
import type { Channel } from './browserTabs';

/**
 * Tells other tabs by a value in localStorage, where there is no BroadcastChannel. Undefined where there is no
 * localStorage either.
 */
export function createStorageChannel(name: string): Channel | undefined {
  const key = `${name}/news`;
  const over = new AbortController();
  let kept: Storage;
  try {
    kept = globalThis.localStorage;
    kept.removeItem(key);
  } catch {
    return undefined;
  }
  return {
    postMessage(message) {
      try {
        // Another value each time, because only a change is told.
        kept.setItem(key, JSON.stringify({ message, id: randomId() }));
      } catch {
        // Full: the other tabs learn of it when they read the storage again.
      }
    },
    addEventListener(_type, listener) {
      addEventListener(
        'storage',
        (event) => {
          if (event.key === key && event.newValue !== null)
            listener({ data: sent(event.newValue) });
        },
        { signal: over.signal },
      );
    },
    close: () => over.abort(),
  };
}

function sent(value: string): unknown {
  try {
    const read: unknown = JSON.parse(value);
    return typeof read === 'object' && read !== null && 'message' in read
      ? read.message
      : undefined;
  } catch {
    return undefined;
  }
}
