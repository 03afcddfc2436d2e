import { performance } from 'node:perf_hooks';
import { systemClock } from '@chasqui/foundation';
import { createRedisConnections } from '@chasqui/redis';
import { quietLog, redisKinds, startAnyRedis, startRedisServer, until } from '@chasqui/testkit';
import { createKnownAddresses } from '../login/knownAddresses';
import { actionRates } from '../actions';
import { createLimits } from '../limits';
import { createLoginLimits } from '../login/loginLimits';
import { createConnectionQuota } from '../clients/connectionQuota';
import { createReservations } from '../login/reservations';
import { createSharedDeficits } from './sharedDeficits';
import { createSharedConnectionCounts } from './sharedConnectionCounts';

const log = quietLog();
const clock = { ...systemClock, now: () => performance.now() };
const now = clock.now;
/** Refills so slowly that a pause of the machine earns next to nothing. */
const rates = {
  ...actionRates({ sendsPerSecond: 1 }),
  send: { user: { perSecond: 1 / 60, burst: 10 } },
};
const names = ['ana', 'ben', 'cleo{x}', '{dora}', 'emil', 'fritz', 'gina', '192.0.2.1'];

type Node = ReturnType<typeof openNodes>['nodes'][number];

function openNodes(url: string, count: number) {
  const connections = createRedisConnections({ url, log });
  const nodes = Array.from({ length: count }, (_, i) => {
    const stores = connections.shards.map((shard) => ({
      redis: connections.open('failing-fast', 'limits', shard),
      prefix: shard.tag,
    }));
    const deficits = createSharedDeficits(stores, log, now);
    const limits = createLimits({ rates, deficits, clock });
    const shared = createSharedConnectionCounts({ stores, nodeId: `node ${i}`, log, now });
    const places = createConnectionQuota({ name: 'user', max: 8, shared, clock });
    const logins = createLoginLimits({
      wrongPasswords: createReservations({
        ...{ action: 'failedLogin', rates: rates.failedLogin, deficits, clock },
        onRefusal: () => limits.countRefusal('failedLogin'),
      }),
      ...{ knownAddresses: createKnownAddresses(stores), key: Buffer.alloc(32), earlierKeys: [] },
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

  test('use on one node counts on the other', async () => {
    const [a, b] = opened.nodes;
    for (const name of names) {
      for (let i = 0; i < 10; i++) expect(a?.limits.take('send', name, null)).toBe(0);
      expect(a?.limits.take('send', name, null)).toBeGreaterThan(0);
    }
    await until('the use is reported', async () => {
      const reported = await Promise.all(
        (a?.stores ?? []).map(({ redis }) => redis.keys('*chasqui:rate:*')),
      );
      return new Set(reported.flat()).size >= names.length;
    });
    // The other node learns of it with its first report; alone it would allow all ten.
    for (const name of names) {
      for (let i = 0; i < 2; i++) expect(b?.limits.take('send', name, null)).toBe(0);
    }
    await until('the other node refuses', () =>
      names.every((name) => (b?.limits.peek('send', name, null) ?? 0) > 0),
    );
  });

  test('connections on one node count on the other', async () => {
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
  test('[D11] each node limits alone, and jointly again once Redis is back', async () => {
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

  const wrong = new Error('wrong password');
  const guess = async (node: Node | undefined, name: string, address: string): Promise<boolean> => {
    try {
      const who = { name, address, isWrong: (error: unknown) => error === wrong };
      await node?.logins.login(who, () => Promise.reject(wrong));
    } catch (error) {
      return error === wrong;
    }
    throw new Error('a guess succeeded');
  };
  const login = async (node: Node | undefined, name: string, address: string) =>
    node?.logins.login({ name, address, isWrong: () => false }, () => Promise.resolve('in'));

  test('guessing at an account locks out the guessing address, never the owner', async () => {
    const server = await startRedisServer();
    const opened = openNodes(server.url, 2);
    await opened.connected();
    const [a, b] = opened.nodes;
    await login(a, 'ana', 'at home');
    let guesses = 0;
    while (guesses < 1_000 && (await guess(a, 'ana', 'elsewhere'))) guesses += 1;
    expect(guesses).toBe(50);
    // From everywhere else as before, on either node.
    await expect(login(b, 'ana', 'in a café')).resolves.toBe('in');
    await expect(login(b, 'ben', 'elsewhere')).resolves.toBe('in');
    // Guesses from thousands of addresses slow down only addresses where the owner has never logged
    // in.
    for (let i = 0; i < 200; i++) await guess(a, 'ana', `address ${i}`);
    await expect(login(a, 'ana', 'in a hotel')).rejects.toMatchObject({ name: 'RateLimitError' });
    await expect(login(a, 'ana', 'at home')).resolves.toBe('in');
    await expect(login(b, 'ana', 'at home')).resolves.toBe('in');
    await opened.close();
    await server.close();
  });

  test('300 concurrent guesses on two nodes allow 50, and 50 on each without Redis', async () => {
    const server = await startRedisServer();
    const opened = openNodes(server.url, 2);
    await opened.connected();
    const guessAtOnce = async (name: string): Promise<number[]> => {
      const [a, b] = await Promise.all(
        opened.nodes.map(async (node) => {
          const tries = Array.from({ length: 150 }, () => guess(node, name, 'here'));
          return (await Promise.all(tries)).filter((wasTried) => wasTried).length;
        }),
      );
      return [a ?? 0, b ?? 0];
    };
    const [a = 0, b = 0] = await guessAtOnce('ana');
    expect(a + b).toBe(50);
    await server.kill();
    expect(await guessAtOnce('ben')).toEqual([50, 50]);
    await opened.close();
    await server.close();
  });

  test('correct passwords use up nothing, on this node and on the other', async () => {
    const server = await startRedisServer();
    const opened = openNodes(server.url, 2);
    await opened.connected();
    const [a, b] = opened.nodes;
    for (let i = 0; i < 10; i += 1) {
      const logins = Array.from({ length: 20 }, (_, n) => login(n % 2 ? a : b, 'ana', 'here'));
      expect(new Set(await Promise.all(logins))).toEqual(new Set(['in']));
    }
    let guesses = 0;
    while (guesses < 1_000 && (await guess(b, 'ana', 'here'))) guesses += 1;
    expect(guesses).toBe(50);
    // Attempts that fail for another reason than the password are refunded as well.
    const gone = new Error('PostgreSQL is gone');
    const who = { name: 'cleo', address: 'there', isWrong: (error: unknown) => error === wrong };
    for (let i = 0; i < 60; i += 1) {
      await expect(a?.logins.login(who, () => Promise.reject(gone))).rejects.toBe(gone);
    }
    await opened.close();
    await server.close();
  });
});
