import type { Bus } from '@chasqui/core/ports';

/**
 * Notifies this node and all others of ended sessions. A lost notification is compensated by
 * polling.
 */
export interface SessionEndings {
  /** Call it after the commit that ended them. */
  announce(sessionIds: string[]): void;
  /** Listens for sessions ended on any node. Returns a function that unsubscribes. */
  onEnded(listener: (sessionIds: string[]) => void): () => void;
}

export function createSessionEndings(bus: Bus): SessionEndings {
  const listeners = new Set<(sessionIds: string[]) => void>();
  const notify = (sessionIds: string[]): void => {
    for (const listener of listeners) listener(sessionIds);
  };
  bus.subscribe((notification) => {
    if (notification.type === 'session-ended') notify(notification.sessionIds);
  });
  return {
    announce(sessionIds) {
      notify(sessionIds);
      bus.publish({ type: 'session-ended', sessionIds });
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
