/** Who is subscribed to the channels of the application, on this node and on others. */
export interface Occupancy {
  /** Sets what a node holds of a channel. Returns the users who came to the channel or left it with that. */
  set(nodeId: string, channel: string, held: Held): Change;
  /** Replaces everything of a node; null when it has gone. */
  replace(nodeId: string, channels: ReadonlyMap<string, Held> | null): ReadonlyMap<string, Change>;
  channels(): string[];
  subscriptionCount(channel: string): number;
  usersOf(channel: string): ReadonlyMap<string, unknown>;
  heldBy(nodeId: string): ReadonlyMap<string, Held>;
}

/** One node's part of a channel: its subscriptions, and the users behind them with their info. */
export interface Held {
  readonly subscriptions: number;
  readonly users: ReadonlyMap<string, unknown>;
}

export interface Change {
  readonly added: ReadonlyMap<string, unknown>;
  readonly removed: readonly string[];
  readonly countChanged: boolean;
}

export function createOccupancy(): Occupancy {
  const byNode = new Map<string, Map<string, Held>>();

  function* of(channel: string): Iterable<Held> {
    for (const channels of byNode.values()) {
      const held = channels.get(channel);
      if (held !== undefined) yield held;
    }
  }

  function usersOf(channel: string): Map<string, unknown> {
    const users = new Map<string, unknown>();
    for (const held of of(channel)) {
      for (const [userId, info] of held.users) if (!users.has(userId)) users.set(userId, info);
    }
    return users;
  }

  function subscriptionCount(channel: string): number {
    let count = 0;
    for (const { subscriptions } of of(channel)) count += subscriptions;
    return count;
  }

  function put(nodeId: string, channel: string, held: Held): void {
    const channels = byNode.get(nodeId) ?? new Map<string, Held>();
    if (held.subscriptions > 0 || held.users.size > 0) channels.set(channel, held);
    else channels.delete(channel);
    if (channels.size > 0) byNode.set(nodeId, channels);
    else byNode.delete(nodeId);
  }

  function set(nodeId: string, channel: string, held: Held): Change {
    const before = { users: usersOf(channel), count: subscriptionCount(channel) };
    put(nodeId, channel, held);
    const after = usersOf(channel);
    return {
      added: new Map([...after].filter(([userId]) => !before.users.has(userId))),
      removed: [...before.users.keys()].filter((userId) => !after.has(userId)),
      countChanged: subscriptionCount(channel) !== before.count,
    };
  }

  return {
    set,
    replace(nodeId, channels) {
      const names = new Set([...(byNode.get(nodeId)?.keys() ?? []), ...(channels?.keys() ?? [])]);
      const nothing: Held = { subscriptions: 0, users: new Map() };
      return new Map(
        [...names].map((name) => [name, set(nodeId, name, channels?.get(name) ?? nothing)]),
      );
    },
    channels: () => [...new Set([...byNode.values()].flatMap((channels) => [...channels.keys()]))],
    subscriptionCount,
    usersOf,
    heldBy: (nodeId) => byNode.get(nodeId) ?? new Map<string, Held>(),
  };
}
