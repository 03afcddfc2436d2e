/// <reference lib="dom" />
/** What the machine knows of its network. It may be wrong: only an attempt shows whether the server is there. */
export interface Network {
  isOnline(): boolean;
  /** Told when it changed, or when it is worth trying again: a page that was hidden is seen. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

const alwaysOnline: Network = { isOnline: () => true, onChange: () => () => undefined };

/** The browser's, where there is one. */
export function createNetwork(): Network {
  if (globalThis.window === undefined || globalThis.document === undefined) return alwaysOnline;
  return {
    isOnline: () => navigator.onLine,
    onChange(listener) {
      const onVisible = (): void => {
        if (document.visibilityState === 'visible') listener();
      };
      window.addEventListener('online', listener);
      window.addEventListener('offline', listener);
      document.addEventListener('visibilitychange', onVisible);
      return () => {
        window.removeEventListener('online', listener);
        window.removeEventListener('offline', listener);
        document.removeEventListener('visibilitychange', onVisible);
      };
    },
  };
}
