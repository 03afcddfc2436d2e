/** The other processes on the bus, known from their heartbeats. */
export interface Peers {
  /** Records a beat of a process. `isSubscribed` says whether it subscribes to notifications. */
  seen(id: string, isSubscribed: boolean): void;
  /** Removes a process that said goodbye. */
  left(id: string): void;
  /** Removes processes that fell silent without a goodbye. Returns whether one of them was a server. */
  removeDead(): boolean;
  /** Whether any other process is known to subscribe; false until its first beat. */
  hasSubscribers(): boolean;
}

interface Peer {
  at: number;
  isSubscribed: boolean;
}

/** A process without a beat for `silentMs` counts as dead. */
export function createPeers(silentMs: number, now = (): number => performance.now()): Peers {
  const known = new Map<string, Peer>();

  return {
    seen: (id, isSubscribed) => void known.set(id, { at: now(), isSubscribed }),
    left: (id) => void known.delete(id),
    removeDead() {
      const dead = [...known].filter(([, { at }]) => now() - at > silentMs);
      for (const [id] of dead) known.delete(id);
      return dead.some(([, { isSubscribed }]) => isSubscribed);
    },
    hasSubscribers: () => [...known.values()].some(({ isSubscribed }) => isSubscribed),
  };
}
