/** The other processes on the bus, known from their heartbeats. */
export interface Peers {
  /** Records a beat of a process. `listens` says whether it subscribes to notifications. */
  heard(id: string, listens: boolean): void;
  /** Removes a process that said goodbye. */
  left(id: string): void;
  /** Removes processes that fell silent without a goodbye. Returns whether one of them was a server. */
  someDied(): boolean;
  /** Whether any other process is known to subscribe; false until its first beat. */
  someListen(): boolean;
}

interface Peer {
  at: number;
  listens: boolean;
}

/** A process without a beat for `silentMs` counts as dead. */
export function createPeers(silentMs: number, now = (): number => performance.now()): Peers {
  const known = new Map<string, Peer>();

  return {
    heard: (id, listens) => void known.set(id, { at: now(), listens }),
    left: (id) => void known.delete(id),
    someDied() {
      const dead = [...known].filter(([, { at }]) => now() - at > silentMs);
      for (const [id] of dead) known.delete(id);
      return dead.some(([, { listens }]) => listens);
    },
    someListen: () => [...known.values()].some(({ listens }) => listens),
  };
}
