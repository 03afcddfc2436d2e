import type { RedisConnections } from '@chasqui/redis';
import type { ActiveSubscription } from './subscriptionDocument';

/** The active subscriptions of all nodes, in Redis. */
export interface SharedSubscriptions {
  add(entries: readonly ActiveSubscription[]): Promise<void>;
  remove(entries: readonly ActiveSubscription[]): Promise<void>;
  all(): Promise<ActiveSubscription[]>;
  /** Renews this node's lease, and removes the subscriptions of nodes that have died. Returns those that it removed. */
  renew(): Promise<ActiveSubscription[]>;
}

/** A node that does not renew is considered dead. */
const LEASE_MS = 30_000;

interface Stored {
  readonly nodeId: string;
  readonly subscription: ActiveSubscription;
}

export function createSharedSubscriptions(
  redis: RedisConnections,
  nodeId: string,
): SharedSubscriptions {
  const [shard] = redis.shards;
  if (shard === undefined) throw new Error('Redis has no shard');
  const client = redis.open('failing-fast', 'subscriptions', shard);
  const prefix = `${redis.prefix}${shard.tag}chasqui:subscriptions`;
  const leaseOf = (node: string): string => `${prefix}:node:${node}`;
  const fieldOf = ({ kind, selector, subscriber }: ActiveSubscription): string =>
    JSON.stringify([subscriber, kind, selector]);

  async function read(): Promise<Stored[]> {
    const values = await client.hvals(prefix);
    return values.map((value) => JSON.parse(value) as Stored);
  }

  async function deadAmong(nodeIds: readonly string[]): Promise<Set<string>> {
    const leases = await Promise.all(nodeIds.map((node) => client.exists(leaseOf(node))));
    return new Set(nodeIds.filter((_node, index) => leases[index] === 0));
  }

  const takeLease = (): Promise<unknown> => client.set(leaseOf(nodeId), '1', 'PX', LEASE_MS);

  return {
    async add(entries) {
      await takeLease();
      const stored = entries.flatMap((subscription) => [
        fieldOf(subscription),
        JSON.stringify({ nodeId, subscription } satisfies Stored),
      ]);
      await client.hset(prefix, ...stored);
    },
    async remove(entries) {
      await client.hdel(prefix, ...entries.map(fieldOf));
    },
    async all() {
      const stored = await read();
      const dead = await deadAmong([...new Set(stored.map((one) => one.nodeId))]);
      return stored.filter((one) => !dead.has(one.nodeId)).map(({ subscription }) => subscription);
    },
    async renew() {
      await takeLease();
      const stored = await read();
      const dead = await deadAmong([...new Set(stored.map((one) => one.nodeId))]);
      const removed: ActiveSubscription[] = [];
      for (const { nodeId: node, subscription } of stored) {
        // Each is removed by one node only, which then announces it.
        if (dead.has(node) && (await client.hdel(prefix, fieldOf(subscription))) === 1)
          removed.push(subscription);
      }
      return removed;
    },
  };
}
