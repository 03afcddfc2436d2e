import type { Bus } from '@chasqui/core/ports';

/** The news that sessions have ended, on this node and on all others. Lost news is made up for by re-checks. */
export interface SessionEndings {
  /** Call after the commit that ended them. */
  announce(sessionIds: string[]): void;
  /** Hears of endings wherever they happened. Returns the unsubscriber. */
  onEnded(listener: (sessionIds: string[]) => void): () => void;
}

export function createSessionEndings(bus: Bus): SessionEndings {
  const listeners = new Set<(sessionIds: string[]) => void>();
  const tell = (sessionIds: string[]): void => {
    for (const listener of listeners) listener(sessionIds);
  };
  bus.subscribe((hint) => {
    if (hint.type === 'session-ended') tell(hint.sessionIds);
  });
  return {
    announce(sessionIds) {
      tell(sessionIds);
      bus.publish({ type: 'session-ended', sessionIds });
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
