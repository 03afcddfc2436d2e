/** The other processes on the bus, known by their heartbeats. */
export interface Peers {
  /** A beat of this process; `listens` when it wants hints. */
  heard(id: string, listens: boolean): void;
  /** It has said goodbye. */
  left(id: string): void;
  /** Forgets those that fell silent without a goodbye, and returns whether one of them spoke for others. */
  someDied(): boolean;
  /** Whether somebody listens, as far as can be known: no until a beat of theirs has come. */
  someListen(): boolean;
}

interface Peer {
  at: number;
  listens: boolean;
}

/** `silentMs`: without a beat for so long a process is taken for dead. */
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
