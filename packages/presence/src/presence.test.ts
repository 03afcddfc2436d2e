import type { Clock } from '@chasqui/foundation';
import { type RedisConnections, createRedisConnections } from '@chasqui/redis';
import { CLUSTER_SHARDS } from '@chasqui/redis/testing';
import { type AnyRedis, quietLog, redisKinds, startAnyRedis, until } from '@chasqui/testkit';
import { randomUUID } from 'node:crypto';
import { createPresence, type Presence, type PresenceTiming } from './presence';

// An eighth of the default timing, except awayMs, which leaves room for busy machines.
const timing: PresenceTiming = {
  leaseMs: 2_500,
  refreshMs: 800,
  graceMs: 600,
  reapMs: 120,
  awayMs: 1_500,
  quietMs: 1_000,
};

const clock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

interface Node {
  presence: Presence;
  connections: RedisConnections;
}

describe.each(redisKinds)('on %s', (kind) => {
  let server: AnyRedis;
  let nodes: Node[];
  /** Reports of all nodes, in order. */
  let reports: string[];

  beforeEach(async () => {
    server = await startAnyRedis(kind);
    nodes = [];
    reports = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ presence }) => presence.close()));
    await Promise.all(nodes.map(({ connections }) => connections.close()));
    await server.close();
  });

  async function node(timed = timing): Promise<Node> {
    const connections = createRedisConnections({ url: server.url, log: quietLog() });
    const presence = createPresence({
      redis: connections,
      nodeId: randomUUID(),
      clock,
      onChange: (userId, status) => reports.push(`${userId} ${status}`),
      log: quietLog(),
      timing: timed,
    });
    nodes.push({ presence, connections });
    await until('the node reaches Redis', () => reachable(connections));
    return { presence, connections };
  }

  async function reachable(connections: RedisConnections): Promise<boolean> {
    for (const shard of connections.shards) {
      const probe = connections.open('failing-fast', 'probe', shard);
      const key = `${shard.tag}probe`;
      await until('Redis answers', () => probe.set(key, '1').catch(() => null));
      await connections.release(probe);
    }
    return true;
  }

  const reported = (...expected: string[]) =>
    until(`the reports are: ${expected.join(', ')}`, () => {
      expect(reports).toEqual(expected);
      return true;
    });

  /** Number of reaper rounds; a round checks every shard. */
  const reaperRuns = async (): Promise<number> =>
    (await server.calls('hmget')) / (kind === 'a single Redis' ? 1 : CLUSTER_SHARDS.length);
  /** Waits for enough reaper rounds to exceed the grace time. */
  const reaperRounds = async (times: number): Promise<void> => {
    const before = await reaperRuns();
    await until('the reapers have run', async () => (await reaperRuns()) >= before + times);
  };

  test('[D10] a user is online from the first connection to the last, over devices and nodes', async () => {
    const [a, b] = [await node(), await node()];
    a.presence.connected('ana', 'phone');
    await reported('ana online');
    b.presence.connected('ana', 'laptop');
    await until(
      'both nodes agree',
      async () => (await b.presence.statusOf(['ana'])).get('ana') === 'online',
    );
    a.presence.disconnected('ana', 'phone');
    await reaperRounds(16);
    expect(reports).toEqual(['ana online']);
    expect(await a.presence.statusOf(['ana', 'ben'])).toEqual(
      new Map([
        ['ana', 'online'],
        ['ben', 'offline'],
      ]),
    );

    b.presence.disconnected('ana', 'laptop');
    await reported('ana online', 'ana offline');
    await reaperRounds(4);
    expect(reports).toEqual(['ana online', 'ana offline']);
  });

  test('[D10] a short reconnect changes no status, on the same node or another', async () => {
    const [a, b] = [await node(), await node()];
    a.presence.connected('ana', 'first');
    await reported('ana online');
    a.presence.disconnected('ana', 'first');
    a.presence.connected('ana', 'second');
    a.presence.disconnected('ana', 'second');
    b.presence.connected('ana', 'third');
    await reaperRounds(16);
    expect(reports).toEqual(['ana online']);
  });

  test('[D10] presence:offline takes effect at once, and presence:online reverts it', async () => {
    const { presence } = await node();
    presence.connected('ana', 'phone');
    await reported('ana online');
    presence.setVisible('ana', 'phone', false);
    await reported('ana online', 'ana offline');
    expect((await presence.statusOf(['ana'])).get('ana')).toBe('offline');
    presence.setVisible('ana', 'phone', true);
    await reported('ana online', 'ana offline', 'ana online');
    presence.setVisible('ana', 'phone', true);
    presence.setVisible('ana', 'phone', false);
    presence.disconnected('ana', 'phone');
    await reaperRounds(8);
    expect(reports).toEqual(['ana online', 'ana offline', 'ana online', 'ana offline']);
  });

  test('[D10] after a crash, other nodes report each user of the node offline once', async () => {
    const crashing = await node();
    await node();
    await node();
    for (let i = 0; i < 300; i += 1) crashing.presence.connected(`user-${i}`, 'phone');
    await until('all are online', () => reports.length === 300);
    await crashing.connections.close();
    reports = [];
    await until('all are offline', () => reports.length >= 300);
    await reaperRounds(6);
    expect(new Set(reports).size).toBe(300);
    expect(reports).toHaveLength(300);
  });

  test('[D10] after FLUSHALL, online users stay online and nothing is reported', async () => {
    const [a, b] = [await node(), await node()];
    a.presence.connected('ana', 'phone');
    b.presence.connected('ben', 'phone');
    await until('both are online', () => reports.length === 2);
    reports = [];
    await server.everywhere('FLUSHALL');
    await until('both are stored again', async () => {
      const sizes = await Promise.all(
        a.connections.shards.map(({ tag }) => {
          const key = `${tag}chasqui:presence:users`;
          return server.command(key, 'ZCARD', key);
        }),
      );
      return sizes.reduce<number>((sum, size) => sum + Number(size), 0) === 2;
    });
    expect(reports).toEqual([]);
    a.presence.disconnected('ana', 'phone');
    await reported('ana offline');
  });

  test('[D10] users stay online while Redis is frozen', async () => {
    const [a, b] = [await node(), await node()];
    a.presence.connected('ana', 'phone');
    b.presence.connected('ben', 'phone');
    await until('both are online', () => reports.length === 2);
    reports = [];
    const before = performance.now();
    server.freeze();
    await until(
      'their leases have expired',
      () => performance.now() - before > timing.leaseMs + 500,
    );
    server.thaw();
    await reaperRounds(30);
    expect(reports).toEqual([]);
  });

  test('[D11] without Redis a node reports its own connections; when Redis is back, all nodes agree', async () => {
    const [a, b] = [await node(), await node()];
    a.presence.connected('ana', 'phone');
    await reported('ana online');
    await server.kill();

    a.presence.connected('ben', 'phone');
    await reported('ana online', 'ben online');
    expect((await a.presence.statusOf(['ana'])).get('ana')).toBe('online');
    expect((await b.presence.statusOf(['ana'])).get('ana')).toBe('offline');
    a.presence.disconnected('ana', 'phone');
    await reported('ana online', 'ben online', 'ana offline');

    await server.start();
    await until('the other node sees ben', async () => {
      return (await b.presence.statusOf(['ben'])).get('ben') === 'online';
    });
    expect(reports).toEqual(['ana online', 'ben online', 'ana offline']);
  });

  test('closing releases the leases with the grace time', async () => {
    // Longer than any pause of the machine.
    const generous = { ...timing, graceMs: 4_000 };
    const [a, b] = [await node(generous), await node(generous)];
    a.presence.connected('ana', 'phone');
    await reported('ana online');
    const closedAt = performance.now();
    await a.presence.close();
    expect((await b.presence.statusOf(['ana'])).get('ana')).toBe('online');
    await reported('ana online', 'ana offline');
    expect(performance.now() - closedAt).toBeGreaterThan(generous.graceMs);
  });
});
