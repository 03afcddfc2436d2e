import type { Bus, Hint } from '../ports/index';

export interface FakeNetwork {
  /** A bus for one more node. */
  join(): Bus;
  /** Cuts all nodes off from each other; nobody is told, and what is published is lost. */
  cut(): void;
  /** Connects them again and says so. */
  heal(): void;
  /** How many deliveries each hint gets, of which other node: 0 loses it, 2 doubles it. */
  copies: (hint: Hint) => number;
  /** While set, hints wait here until `release`, which may reorder them. */
  hold(): void;
  release(reorder?: (held: (() => void)[]) => (() => void)[]): void;
}

/** The way between nodes of one process, which loses, doubles and reorders as a test wants it. */
export function createFakeNetwork(): FakeNetwork {
  const nodes: { hear: Set<(hint: Hint) => void>; recovered: Set<() => void> }[] = [];
  let connected = true;
  let held: (() => void)[] | undefined;

  const network: FakeNetwork = {
    copies: () => 1,
    join() {
      const me = { hear: new Set<(hint: Hint) => void>(), recovered: new Set<() => void>() };
      nodes.push(me);
      return {
        publish(hint) {
          if (!connected) return;
          // Through JSON, as on a wire.
          const text = JSON.stringify(hint);
          for (const node of nodes) {
            if (node === me) continue;
            for (let i = network.copies(hint); i > 0; i -= 1) {
              const arrive = (): void => {
                for (const listener of node.hear) listener(JSON.parse(text) as Hint);
              };
              if (held === undefined) setImmediate(arrive);
              else held.push(arrive);
            }
          }
        },
        subscribe(listener) {
          me.hear.add(listener);
          return () => me.hear.delete(listener);
        },
        lost() {
          for (const node of nodes) {
            if (node === me || !connected) continue;
            for (const listener of node.recovered) listener();
          }
        },
        onRecovered(listener) {
          me.recovered.add(listener);
          return () => me.recovered.delete(listener);
        },
        connected: () => connected,
      };
    },
    cut: () => void (connected = false),
    heal() {
      connected = true;
      for (const { recovered } of nodes) for (const listener of recovered) listener();
    },
    hold: () => void (held ??= []),
    release(reorder = (all) => all) {
      const all = held ?? [];
      held = undefined;
      for (const arrive of reorder(all)) arrive();
    },
  };
  return network;
}
