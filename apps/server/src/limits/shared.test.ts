import { performance } from 'node:perf_hooks';
import { systemClock } from '@pern/delivery/systemClock';
import { createConnections } from '@pern/redis/connections';
import { redisKinds, startAnyRedis } from '@pern/testing/anyRedis';
import { quietLog } from '@pern/testing/quietLog';
import { startRedisServer } from '@pern/testing/redisServer';
import { until } from '@pern/testing/until';
import { createFamiliarPlaces } from './familiarPlaces';
import { kindsOfActions } from './kinds';
import { createLimits } from './limits';
import { createLoginLimits } from './loginLimits';
import { createPlaces } from './places';
import { createSharedDebts } from './sharedDebts';
import { createSharedPlaces } from './sharedPlaces';

const log = quietLog();
const clock = { ...systemClock, now: () => performance.now() };
const now = clock.now;
/** A second or two, which a machine may stand still, earns next to nothing. */
const kinds = {
  ...kindsOfActions({ sendsPerSecond: 1 }),
  send: { user: { perSecond: 1 / 60, burst: 10 } },
};
const names = ['ana', 'ben', 'cleo{x}', '{dora}', 'emil', 'fritz', 'gina', '192.0.2.1'];

function openNodes(url: string, count: number) {
  const connections = createConnections({ url, log });
  const nodes = Array.from({ length: count }, (_, i) => {
    const stores = connections.shards.map((shard) => ({
      redis: connections.open('failing-fast', 'limits', shard),
      prefix: shard.tag,
    }));
    const debts = createSharedDebts(stores, log, now);
    const limits = createLimits({ kinds, debts, clock });
    const shared = createSharedPlaces({ stores, nodeId: `node ${i}`, log, now });
    const places = createPlaces({ name: 'user', max: 8, shared, clock });
    const logins = createLoginLimits({
      ...{ limits, familiar: createFamiliarPlaces(stores) },
      secret: 'a secret of this test',
    });
    return { stores, limits, places, logins };
  });
  return {
    nodes,
    connected: () =>
      until('they are connected', () =>
        nodes.every(({ stores }) => stores.every(({ redis }) => redis.status === 'ready')),
      ),
    async close() {
      for (const { limits, places } of nodes) {
        limits.stop();
        places.stop();
      }
      await connections.close();
    },
  };
}

describe.each(redisKinds)('on %s', (kind) => {
  let server: Awaited<ReturnType<typeof startAnyRedis>>;
  let opened: ReturnType<typeof openNodes>;
  beforeAll(async () => {
    server = await startAnyRedis(kind);
    opened = openNodes(server.url, 2);
    await opened.connected();
  });
  afterAll(async () => {
    await opened.close();
    await server.close();
  });

  test('what one node gives away, another no longer has', async () => {
    const [a, b] = opened.nodes;
    for (const name of names) {
      for (let i = 0; i < 10; i++) expect(a?.limits.take('send', name, null)).toBe(0);
      expect(a?.limits.take('send', name, null)).toBeGreaterThan(0);
    }
    await until('Redis has been told', async () => {
      const told = await Promise.all(
        (a?.stores ?? []).map(({ redis }) => redis.keys('*chasqui:rate:*')),
      );
      return new Set(told.flat()).size >= names.length;
    });
    // The other node hears of it with the first that it gives away and tells: by itself it would give all ten.
    for (const name of names) {
      for (let i = 0; i < 2; i++) expect(b?.limits.take('send', name, null)).toBe(0);
    }
    await until('the other node refuses', () =>
      names.every((name) => (b?.limits.look('send', name, null) ?? 0) > 0),
    );
  });

  test('connections that one node holds, another does not give', async () => {
    const [a, b] = opened.nodes;
    const releases = names.flatMap((name) => Array.from({ length: 7 }, () => a?.places.take(name)));
    const ours = names.map((name) => b?.places.take(name));
    await until('the other node is full', () => names.every((name) => b?.places.isFull(name)));
    for (const release of [...releases, ...ours]) release?.();
    for (const name of names) b?.places.take(name);
    await until('there is room again', () =>
      names.every((name) => b?.places.isFull(name) === false),
    );
  });
});

describe('without Redis, and logins', () => {
  test('[D11] each node limits by itself, and together again once Redis is back', async () => {
    const server = await startRedisServer();
    const opened = openNodes(server.url, 2);
    await opened.connected();
    const [a, b] = opened.nodes;
    await server.kill();
    const exhaust = (node: typeof a, name: string): number => {
      let given = 0;
      while (node?.limits.take('send', name, null) === 0) given += 1;
      return given;
    };
    expect(exhaust(a, 'ana')).toBe(10);
    expect(exhaust(b, 'ana')).toBe(10);
    await server.start();
    await opened.connected();
    await until('they count together', async () => {
      const name = `user ${now()}`;
      exhaust(a, name);
      let given = 0;
      await until('the other node refuses', () => {
        const refuses = (b?.limits.take('send', name, null) ?? 0) > 0;
        if (!refuses) given += 1;
        return refuses;
      });
      return given < 10;
    });
    await opened.close();
    await server.close();
  });

  test('who guesses at an account locks out their own address, and never its owner', async () => {
    const server = await startRedisServer();
    const opened = openNodes(server.url, 2);
    await opened.connected();
    const [a, b] = opened.nodes;
    a?.logins.succeeded('ana', 'at home');
    const guess = async (address: string): Promise<boolean> => {
      try {
        await a?.logins.before('ana', address);
        await a?.logins.failed('ana', address);
        return true;
      } catch {
        return false;
      }
    };
    let guesses = 0;
    while (guesses < 1_000 && (await guess('elsewhere'))) guesses += 1;
    expect(guesses).toBe(50);
    // From everywhere else as before, on either node.
    await expect(b?.logins.before('ana', 'in a café')).resolves.toBeUndefined();
    await expect(b?.logins.before('ben', 'elsewhere')).resolves.toBeUndefined();
    // From thousands of addresses: slowed down wherever she has never been, and nowhere else.
    for (let i = 0; i < 200; i++) await guess(`address ${i}`);
    await expect(a?.logins.before('ana', 'in a café')).rejects.toMatchObject({
      name: 'RateLimitError',
    });
    await expect(a?.logins.before('ana', 'at home')).resolves.toBeUndefined();
    await expect(b?.logins.before('ana', 'at home')).resolves.toBeUndefined();
    await opened.close();
    await server.close();
  });
});
