/// <reference lib="dom" />
/**
 * What the machine says about its network. It is a hint and often wrong: a VPN, a virtual adapter or a captive network
 * can say "offline" while the server answers, and "online" while it does not. Only an attempt shows the truth.
 */
export interface Network {
  isOnline(): boolean;
  /**
   * Calls the listener with `lost` when the machine says that its network is gone, and without it when an attempt may
   * succeed sooner than planned: the network is back or another one, or the page is visible again. Returns what ends it.
   */
  onChange(listener: (news?: 'lost') => void): () => void;
}

const alwaysOnline: Network = { isOnline: () => true, onChange: () => () => undefined };

/** `navigator.connection` of Chromium: reports a change of network, and also every new estimate of its speed. */
interface Connectivity extends EventTarget {
  readonly type?: string;
}

/** The browser's, where there is one. */
export function createNetwork(): Network {
  if (globalThis.window === undefined || globalThis.document === undefined) return alwaysOnline;
  return {
    isOnline: () => navigator.onLine,
    onChange(listener) {
      const over = new AbortController();
      const on = (target: EventTarget, type: string, tell: () => void): void =>
        target.addEventListener(type, tell, { signal: over.signal });
      on(window, 'online', () => listener());
      on(window, 'offline', () => listener('lost'));
      on(document, 'visibilitychange', () => {
        if (document.visibilityState === 'visible') listener();
      });
      // Out of the back-forward cache, and out of a freeze: no visibilitychange is certain there.
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
