import type { Notification } from '@chasqui/core/ports';
import { quietLog, type RedisCluster, startRedisCluster, until } from '@chasqui/testkit';
import { createBus, type NodeBus } from './bus';
import { type RedisConnections, createRedisConnections } from '../connections/connections';
import { CLUSTER_SHARDS, type Shard } from '../connections/shards';

// The bus counts as connected only when every channel has proven itself.

const HINT: Notification = { type: 'recheck', userIds: ['me'] };

let cluster: RedisCluster;
let opened: { bus: NodeBus; connections: RedisConnections }[];

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
  const connections = createRedisConnections({ url: cluster.url, log: quietLog() });
  const bus = createBus({
    redis: connections,
    nodeId,
    log: quietLog(),
    beatMs: 500,
    silenceMs: 4_000,
  });
  opened.push({ bus, connections });
  const received: Notification[] = [];
  let recoveries = 0;
  bus.subscribe((notification) => received.push(notification));
  bus.onRecovered(() => (recoveries += 1));
  return { bus, received, recoveries: () => recoveries };
}

const channelOf = ({ tag }: Shard): string => `${tag}chasqui:bus`;
const subscribersOf = async (shard: Shard): Promise<number> => {
  const counts = await cluster.command(channelOf(shard), 'PUBSUB', 'SHARDNUMSUB', channelOf(shard));
  return Array.isArray(counts) ? Number(counts[1]) : 0;
};

test('every node subscribes on every shard', async () => {
  const [a, b] = [node('a'), node('b')];
  await until('the bus works', () => a.bus.connected() && b.bus.connected());
  for (const shard of CLUSTER_SHARDS) expect(await subscribersOf(shard)).toBe(2);
});

test.each(CLUSTER_SHARDS)(
  '[D11] the slot of channel $tag moves silently: the node notices, follows it, and reports one recovery',
  async (shard) => {
    const a = node('a');
    await until('the bus works', () => a.bus.connected());
    const before = a.recoveries();
    await cluster.moveSlotOf(channelOf(shard));
    await until('the loss is detected', () => !a.bus.connected());
    await until('the bus works again', () => a.bus.connected());
    expect(await subscribersOf(shard)).toBe(1);
    expect(a.recoveries()).toBe(before + 1);
  },
);

test('[D11] while the master of its own channel is down, a node publishes on another', async () => {
  const [a, b] = [node('a'), node('b')];
  await until('the bus works', () => a.bus.connected() && b.bus.connected());
  for (const server of cluster.servers) {
    b.received.length = 0;
    await server.kill();
    await until('the loss is detected', () => !a.bus.connected() && !b.bus.connected());
    await until('notifications still arrive', () => {
      a.bus.publish(HINT);
      return b.received.length > 0;
    });
    await server.start();
    await until('the bus works again', () => a.bus.connected() && b.bus.connected());
  }
});
