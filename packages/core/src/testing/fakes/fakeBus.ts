import type { Bus, Notification } from '../../ports/index';

export interface FakeNetwork {
  /** A bus for one more node. */
  join(): Bus;
  /** Disconnects all nodes without their noticing; notifications are lost. */
  cut(): void;
  /** Connects them again and reports the recovery. */
  heal(): void;
  /** How often each notification is delivered to every other node: 0 loses it, 2 duplicates it. */
  copies: (notification: Notification) => number;
  /** Notifications wait until `release`, which may reorder them. */
  hold(): void;
  release(reorder?: (held: (() => void)[]) => (() => void)[]): void;
}

/** A bus between nodes in one process that can lose, duplicate and reorder. */
export function createFakeNetwork(): FakeNetwork {
  const nodes: {
    listeners: Set<(notification: Notification) => void>;
    recovered: Set<() => void>;
  }[] = [];
  let connected = true;
  let held: (() => void)[] | undefined;

  const network: FakeNetwork = {
    copies: () => 1,
    join() {
      const me = {
        listeners: new Set<(notification: Notification) => void>(),
        recovered: new Set<() => void>(),
      };
      nodes.push(me);
      return {
        publish(notification) {
          if (!connected) return;
          for (const node of nodes) {
            if (node === me) continue;
            for (let i = network.copies(notification); i > 0; i -= 1) {
              const arrive = (): void => {
                for (const listener of node.listeners) listener(notification);
              };
              if (held === undefined) setImmediate(arrive);
              else held.push(arrive);
            }
          }
        },
        subscribe(listener) {
          me.listeners.add(listener);
          return () => me.listeners.delete(listener);
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
