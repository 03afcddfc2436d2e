/// <reference lib="dom" />
import { randomId } from '../crypto/randomId';
import type { Channel } from './browserApis';

/**
 * A channel between tabs through localStorage, for browsers without BroadcastChannel. Undefined if localStorage is not
 * available either.
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
        // A new value each time, because the storage event fires only on changes.
        kept.setItem(key, JSON.stringify({ message, id: randomId() }));
      } catch {
        // The storage is full. Other tabs notice the change when they next read the storage.
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
