/// <reference lib="dom" />
/**
 * The machine's own view of its network. Only a hint: with a VPN, a virtual adapter or a captive portal it may report
 * "offline" while the server is reachable, and vice versa.
 */
export interface Network {
  isOnline(): boolean;
  /**
   * Calls `listener` with `lost` when the machine reports that its network is down, and without arguments when an early
   * retry makes sense: the network is back or has changed, or the page is visible again. Returns a function that
   * unsubscribes.
   */
  onChange(listener: (change?: 'lost') => void): () => void;
}

const alwaysOnline: Network = { isOnline: () => true, onChange: () => () => undefined };

/** `navigator.connection` of Chromium. Its change event also reports new estimates of the speed. */
interface Connectivity extends EventTarget {
  readonly type?: string;
}

/** Uses the browser's events; without a browser, the network always counts as online. */
export function createNetwork(): Network {
  if (globalThis.window === undefined || globalThis.document === undefined) return alwaysOnline;
  return {
    isOnline: () => navigator.onLine,
    onChange(listener) {
      const over = new AbortController();
      const on = (target: EventTarget, type: string, handler: () => void): void =>
        target.addEventListener(type, handler, { signal: over.signal });
      on(window, 'online', () => listener());
      on(window, 'offline', () => listener('lost'));
      on(document, 'visibilitychange', () => {
        if (document.visibilityState === 'visible') listener();
      });
      // Restored from the back-forward cache or unfrozen; visibilitychange is not guaranteed to fire there.
      on(window, 'pageshow', () => listener());
      on(document, 'resume', () => listener());
      const connection = connectivity();
      let type = connection?.type;
      if (connection !== undefined) {
        on(connection, 'change', () => {
          if (connection.type === type) return;
          type = connection.type;
          listener();
        });
      }
      return () => over.abort();
    },
  };
}

function connectivity(): Connectivity | undefined {
  const found: unknown = Reflect.get(navigator, 'connection');
  return found instanceof EventTarget ? found : undefined;
}
