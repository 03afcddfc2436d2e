import type { Notification } from '@chasqui/core/ports';
import {
  type AnyRedis,
  quietLog,
  redisKinds,
  type RedisServer,
  startAnyRedis,
  startRedisServer,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@chasqui/testkit';
import { createBus, type NodeBus } from './bus';
import { type RedisConnections, createRedisConnections } from '../connections/connections';

const recheck = (...userIds: string[]): Notification => ({ type: 'recheck', userIds });

interface Node {
  bus: NodeBus;
  received: Notification[];
  recoveries: () => number;
}

let opened: RedisConnections[];
let buses: NodeBus[];

beforeEach(() => {
  opened = [];
  buses = [];
});
afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await Promise.all(opened.map((connections) => connections.close()));
});

function node(nodeId: string, url: string, prefix = ''): Node {
  const connections = createRedisConnections({ url, prefix, log: quietLog() });
  const bus = createBus({ redis: connections, nodeId, log: quietLog() });
  opened.push(connections);
  buses.push(bus);
  const received: Notification[] = [];
  let recoveries = 0;
  bus.subscribe((notification) => received.push(notification));
  bus.onRecovered(() => (recoveries += 1));
  return { bus, received, recoveries: () => recoveries };
}

const connected = (...nodes: Node[]) =>
  until('the bus works', () => nodes.every(({ bus }) => bus.connected()));

describe.each(redisKinds)('on %s', (kind) => {
  let server: AnyRedis;
  beforeEach(async () => {
    server = await startAnyRedis(kind);
  });
  afterEach(() => server.close());

  const publish = (message: string): Promise<unknown> =>
    kind === 'a single Redis'
      ? server.command('', 'PUBLISH', 'chasqui:bus', message)
      : server.command('{s3}', 'SPUBLISH', '{s3}chasqui:bus', message);

  test('notifications reach the other nodes in order, and not their publisher', async () => {
    const [a, b, other] = [
      node('a', server.url),
      node('b', server.url),
      node('c', server.url, 'elsewhere:'),
    ];
    await connected(a, b, other);
    const notifications = Array.from({ length: 1_000 }, (_, i) => recheck(`user-${i}`));
    for (const notification of notifications) a.bus.publish(notification);
    await until('all have arrived', () => b.received.length === notifications.length);
    expect(b.received).toEqual(notifications);
    expect(a.received).toEqual([]);
    expect(other.received).toEqual([]);
  });

  test('notifications of one turn of the event loop are published together', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    await connected(a, b);
    const calls = () => server.calls(kind === 'a single Redis' ? 'publish' : 'spublish');
    const before = await calls();
    for (let i = 0; i < 500; i += 1) a.bus.publish(recheck(`user-${i}`));
    await until('all have arrived', () => b.received.length === 500);
    // The margin is for the nodes' heartbeats.
    expect((await calls()) - before).toBeLessThan(40);
  });

  test('nothing is published while no other node subscribes, and a new node receives from its first beat on', async () => {
    const a = node('a', server.url);
    await connected(a);
    const published = () => server.calls(kind === 'a single Redis' ? 'publish' : 'spublish');
    await until('the node is alone on the bus', async () => {
      const before = await published();
      for (let i = 0; i < 60; i += 1) {
        a.bus.publish(recheck(`user-${i}`));
        await new Promise((resolve) => setImmediate(resolve));
      }
      // The margin is for its own heartbeats.
      return (await published()) - before < 30;
    });
    const b = node('b', server.url);
    await connected(b);
    await until('b receives a notification', () => {
      a.bus.publish(recheck('me'));
      return b.received.length > 0;
    });
  });

  test('malformed and unknown notifications are ignored', async () => {
    const a = node('a', server.url);
    await connected(a);
    for (const message of [
      '',
      'x',
      'x\n',
      'x\n{bad',
      'x\n"recheck"',
      'x\n[1,null,{}]',
      'x\n!9',
      'a\n!zzz',
    ]) {
      await publish(message);
    }
    const notifications = [
      { type: 'recheck', userIds: [1] },
      { type: '__proto__' },
      { type: 'from-the-future', x: 1 },
      recheck('me'),
    ];
    await publish(`x\n${JSON.stringify(notifications)}`);
    await until('the valid one has arrived', () => a.received.length > 0);
    expect(a.received).toEqual([recheck('me')]);
  });

  test('a throwing listener does not affect the others', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    const second: Notification[] = [];
    b.bus.subscribe(() => {
      throw new Error('thrown by the first listener');
    });
    b.bus.subscribe((notification) => second.push(notification));
    await connected(a, b);
    a.bus.publish(recheck('me'));
    await until('the second listener was called', () => second.length === 1);
  });

  test('[D11] publishing neither throws nor waits without Redis; when it is back, every node reports recovery', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    await connected(a, b);
    const before = [a.recoveries(), b.recoveries()];
    await server.kill();
    await until('both nodes detect the loss', () => !a.bus.connected() && !b.bus.connected());
    a.bus.publish(recheck('lost'));
    await until('the notification was dropped', () => a.bus.dropped() === 1);
    await server.start();
    await connected(a, b);
    await until(
      'both nodes report recovery',
      () => a.recoveries() > before[0]! && b.recoveries() > before[1]!,
    );
    a.bus.publish(recheck('found'));
    await until('notifications arrive again', () => b.received.length > 0);
    expect(b.received).toEqual([recheck('found')]);
  });
});

describe('when one node is cut off silently', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  beforeEach(async () => {
    server = await startRedisServer();
    proxy = await startTcpProxy(server.port);
  });
  afterEach(async () => {
    await proxy.close();
    await server.close();
  });

  test('[D11] the node detects the cut within seconds, and recovers when the network does', async () => {
    const [far, near] = [node('far', `redis://127.0.0.1:${proxy.port}`), node('near', server.url)];
    await connected(far, near);
    const before = far.recoveries();
    proxy.cut();
    await until('the node detects the cut', () => !far.bus.connected());
    expect(near.bus.connected()).toBe(true);
    proxy.heal();
    await until('the node is connected again', () => far.bus.connected());
    expect(far.recoveries()).toBe(before + 1);
  });

  test('[D1] the other nodes, which hold the recipients, report that notifications were lost', async () => {
    const [far, near] = [node('far', `redis://127.0.0.1:${proxy.port}`), node('near', server.url)];
    await connected(far, near);
    const before = near.recoveries();
    proxy.cut();
    far.bus.publish(recheck('lost'));
    await until('the node detects the loss', () => far.bus.dropped() === 1);
    proxy.heal();
    await until('the other node reports recovery', () => near.recoveries() > before);
    expect(near.received).toEqual([]);
  });

  test('[D7] the other nodes poll after a node died without a goodbye, and not after one that closed', async () => {
    const [a, leaving, dying] = [
      node('a', server.url),
      node('leaving', server.url),
      node('dying', `redis://127.0.0.1:${proxy.port}`),
    ];
    await connected(a, leaving, dying);
    await until('a works and has received a notification', () => {
      dying.bus.publish(recheck('me'));
      return a.received.length > 0;
    });
    const before = a.recoveries();
    await leaving.bus.close();
    proxy.cut();
    await until('a reports recovery', () => a.recoveries() > before);
    expect(a.recoveries()).toBe(before + 1);
  });
});
