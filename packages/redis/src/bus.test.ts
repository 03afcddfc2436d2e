import { type AnyRedis, redisKinds, startAnyRedis } from '@pern/testing/anyRedis';
import type { Hint } from '@pern/delivery/ports';
import { quietLog } from '@pern/testing/quietLog';
import { type RedisServer, startRedisServer } from '@pern/testing/redisServer';
import { type TcpProxy, startTcpProxy } from '@pern/testing/tcpProxy';
import { until } from '@pern/testing/until';
import { createBus, type NodeBus } from './bus';
import { type Connections, createConnections } from './connections';

const recheck = (...userIds: string[]): Hint => ({ type: 'recheck', userIds });

interface Node {
  bus: NodeBus;
  heard: Hint[];
  recoveries: () => number;
}

let opened: Connections[];
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
  const connections = createConnections({ url, prefix, log: quietLog() });
  const bus = createBus({ connections, nodeId, log: quietLog() });
  opened.push(connections);
  buses.push(bus);
  const heard: Hint[] = [];
  let recoveries = 0;
  bus.subscribe((hint) => heard.push(hint));
  bus.onRecovered(() => (recoveries += 1));
  return { bus, heard, recoveries: () => recoveries };
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

  test('hints reach the other nodes in order, and not the one that gave them', async () => {
    const [a, b, other] = [
      node('a', server.url),
      node('b', server.url),
      node('c', server.url, 'elsewhere:'),
    ];
    await connected(a, b, other);
    const hints = Array.from({ length: 1_000 }, (_, i) => recheck(`user-${i}`));
    for (const hint of hints) a.bus.publish(hint);
    await until('all have come', () => b.heard.length === hints.length);
    expect(b.heard).toEqual(hints);
    expect(a.heard).toEqual([]);
    expect(other.heard).toEqual([]);
  });

  test('hints of one turn of the event loop travel together', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    await connected(a, b);
    const calls = () => server.calls(kind === 'a single Redis' ? 'publish' : 'spublish');
    const before = await calls();
    for (let i = 0; i < 500; i += 1) a.bus.publish(recheck(`user-${i}`));
    await until('all have come', () => b.heard.length === 500);
    // Besides, the nodes' heartbeats.
    expect((await calls()) - before).toBeLessThan(40);
  });

  test('where nobody listens nothing is said, and whoever comes is told from the first beat on', async () => {
    const a = node('a', server.url);
    await connected(a);
    const published = () => server.calls(kind === 'a single Redis' ? 'publish' : 'spublish');
    await until('it knows that it is alone', async () => {
      const before = await published();
      for (let i = 0; i < 60; i += 1) {
        a.bus.publish(recheck(`user-${i}`));
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Besides, its own heartbeats.
      return (await published()) - before < 30;
    });
    const b = node('b', server.url);
    await connected(b);
    await until('b is told', () => {
      a.bus.publish(recheck('me'));
      return b.heard.length > 0;
    });
  });

  test('what is malformed or of another version is passed over', async () => {
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
    const hints = [
      { type: 'recheck', userIds: [1] },
      { type: '__proto__' },
      { type: 'from-the-future', x: 1 },
      recheck('me'),
    ];
    await publish(`x\n${JSON.stringify(hints)}`);
    await until('the good one has come', () => a.heard.length > 0);
    expect(a.heard).toEqual([recheck('me')]);
  });

  test('a listener that throws keeps nothing from the others', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    const second: Hint[] = [];
    b.bus.subscribe(() => {
      throw new Error('mine');
    });
    b.bus.subscribe((hint) => second.push(hint));
    await connected(a, b);
    a.bus.publish(recheck('me'));
    await until('it has come', () => second.length === 1);
  });

  test('[D11] Redis gone: publishing neither throws nor waits; Redis back: every node hears that it may have missed something', async () => {
    const [a, b] = [node('a', server.url), node('b', server.url)];
    await connected(a, b);
    const before = [a.recoveries(), b.recoveries()];
    await server.kill();
    await until('the loss is known', () => !a.bus.connected() && !b.bus.connected());
    a.bus.publish(recheck('lost'));
    await until('it was dropped', () => a.bus.dropped() === 1);
    await server.start();
    await connected(a, b);
    await until('both recovered', () => a.recoveries() > before[0]! && b.recoveries() > before[1]!);
    a.bus.publish(recheck('found'));
    await until('hints travel again', () => b.heard.length > 0);
    expect(b.heard).toEqual([recheck('found')]);
  });
});

describe('one node is cut off without a word', () => {
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

  test('[D11] it knows within seconds, and recovers when the way is free', async () => {
    const [far, near] = [node('far', `redis://127.0.0.1:${proxy.port}`), node('near', server.url)];
    await connected(far, near);
    const before = far.recoveries();
    proxy.cut();
    await until('it knows', () => !far.bus.connected());
    expect(near.bus.connected()).toBe(true);
    proxy.heal();
    await until('it is back', () => far.bus.connected());
    expect(far.recoveries()).toBe(before + 1);
  });

  test('[D1] the others are told that its hints were lost, for they hold the recipients', async () => {
    const [far, near] = [node('far', `redis://127.0.0.1:${proxy.port}`), node('near', server.url)];
    await connected(far, near);
    const before = near.recoveries();
    proxy.cut();
    far.bus.publish(recheck('lost'));
    await until('the loss is known', () => far.bus.dropped() === 1);
    proxy.heal();
    await until('the other was told', () => near.recoveries() > before);
    expect(near.heard).toEqual([]);
  });

  test('[D7] a node that dies without a goodbye may not have told all: the others look; one that leaves has', async () => {
    const [a, leaving, dying] = [
      node('a', server.url),
      node('leaving', server.url),
      node('dying', `redis://127.0.0.1:${proxy.port}`),
    ];
    await connected(a, leaving, dying);
    await until('a is whole for a while, and has heard them', () => {
      dying.bus.publish(recheck('me'));
      return a.heard.length > 0;
    });
    const before = a.recoveries();
    await leaving.bus.close();
    proxy.cut();
    await until('a looks', () => a.recoveries() > before);
    expect(a.recoveries()).toBe(before + 1);
  });
});
