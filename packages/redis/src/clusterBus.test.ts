import type { Hint } from '@pern/delivery/ports';
import { quietLog } from '@pern/testing/quietLog';
import { type RedisCluster, startRedisCluster } from '@pern/testing/redisCluster';
import { until } from '@pern/testing/until';
import { createBus, type NodeBus } from './bus';
import { type Connections, createConnections } from './connections';
import { CLUSTER_SHARDS, type Shard } from './shards';

// Hearing most channels is not hearing: each of them has to prove itself.

const HINT: Hint = { type: 'recheck', userIds: ['me'] };

let cluster: RedisCluster;
let opened: { bus: NodeBus; connections: Connections }[];

beforeEach(async () => {
  cluster = await startRedisCluster();
  opened = [];
});
afterEach(async () => {
  for (const { bus, connections } of opened) {
    await bus.close();
    await connections.close();
  }
  await cluster.close();
});

function node(nodeId: string) {
  const connections = createConnections({ url: cluster.url, log: quietLog() });
  const bus = createBus({ connections, nodeId, log: quietLog(), beatMs: 500, deafMs: 4_000 });
  opened.push({ bus, connections });
  const heard: Hint[] = [];
  let recoveries = 0;
  bus.subscribe((hint) => heard.push(hint));
  bus.onRecovered(() => (recoveries += 1));
  return { bus, heard, recoveries: () => recoveries };
}

const channelOf = ({ tag }: Shard): string => `${tag}chasqui:bus`;
const subscribersOf = async (shard: Shard): Promise<number> => {
  const counts = await cluster.command(channelOf(shard), 'PUBSUB', 'SHARDNUMSUB', channelOf(shard));
  return Array.isArray(counts) ? Number(counts[1]) : 0;
};

test('every node listens at every shard', async () => {
  const [a, b] = [node('a'), node('b')];
  await until('the bus works', () => a.bus.connected() && b.bus.connected());
  for (const shard of CLUSTER_SHARDS) expect(await subscribersOf(shard)).toBe(2);
});

test.each(CLUSTER_SHARDS)(
  '[D11] a slot with channel $tag moves away without a word: the node does not take itself for whole, follows, and says so once',
  async (shard) => {
    const a = node('a');
    await until('the bus works', () => a.bus.connected());
    const before = a.recoveries();
    await cluster.moveSlotOf(channelOf(shard));
    await until('the loss is known', () => !a.bus.connected());
    await until('it is whole again', () => a.bus.connected());
    expect(await subscribersOf(shard)).toBe(1);
    expect(a.recoveries()).toBe(before + 1);
  },
);

test('[D11] while the master of its own channel is away, a node speaks on another', async () => {
  const [a, b] = [node('a'), node('b')];
  await until('the bus works', () => a.bus.connected() && b.bus.connected());
  for (const server of cluster.servers) {
    b.heard.length = 0;
    await server.kill();
    await until('the loss is known', () => !a.bus.connected() && !b.bus.connected());
    await until('hints travel all the same', () => {
      a.bus.publish(HINT);
      return b.heard.length > 0;
    });
    await server.start();
    await until('it is whole again', () => a.bus.connected() && b.bus.connected());
  }
});
