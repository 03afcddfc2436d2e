import type { Randomness } from '@chasqui/testkit';
import type { FaultFixture, StoreProxies } from '../faults/faultFixture';

/** A failure that is healed after at most `maxMs`. */
export interface Disruption {
  readonly name: string;
  readonly weight: number;
  /** Longest duration in milliseconds. */
  readonly maxMs: number;
  /** Causes the failure; resolves to a function that heals it. */
  start(fixture: FaultFixture, random: Randomness): Promise<() => Promise<void> | void>;
}

const processesOf = (fixture: FaultFixture): StoreProxies[] => [
  fixture.server(0),
  fixture.server(1),
  ...fixture.workers(),
];

function proxyDisruption(
  name: string,
  weight: number,
  maxMs: number,
  start: (proxy: StoreProxies[keyof StoreProxies]) => () => void,
): Disruption {
  return {
    ...{ name, weight, maxMs },
    async start(fixture, random) {
      const store = random.pick(['postgres', 'redis'] as const);
      return start(random.pick(processesOf(fixture))[store]);
    },
  };
}

export const disruptions: readonly Disruption[] = [
  {
    ...{ name: 'a server is killed', weight: 5, maxMs: 3_000 },
    async start(fixture, random) {
      const node = fixture.server(random.below(2));
      await node.program.kill();
      return () => node.restart();
    },
  },
  {
    ...{ name: 'a server is stopped', weight: 2, maxMs: 2_000 },
    async start(fixture, random) {
      const node = fixture.server(random.below(2));
      await node.program.stop();
      return () => node.restart();
    },
  },
  {
    ...{ name: 'a server is frozen', weight: 2, maxMs: 6_000 },
    async start(fixture, random) {
      const { program } = fixture.server(random.below(2));
      program.freeze();
      return () => program.thaw();
    },
  },
  {
    ...{ name: 'a worker is killed', weight: 3, maxMs: 4_000 },
    async start(fixture, random) {
      const worker = fixture.worker(random.below(2));
      await worker.program.kill();
      return () => worker.restart();
    },
  },
  {
    ...{ name: 'Redis is killed and restarted empty', weight: 4, maxMs: 5_000 },
    async start(fixture) {
      const { redis } = fixture.instance;
      await redis.kill();
      return () => redis.start();
    },
  },
  {
    ...{ name: 'Redis is frozen', weight: 3, maxMs: 8_000 },
    async start(fixture) {
      const { redis } = fixture.instance;
      redis.freeze();
      return () => redis.thaw();
    },
  },
  {
    ...{ name: 'Redis is emptied', weight: 3, maxMs: 0 },
    async start(fixture) {
      await fixture.instance.redis.command('FLUSHALL');
      return () => undefined;
    },
  },
  {
    ...{ name: 'PostgreSQL is killed', weight: 4, maxMs: 3_000 },
    async start(fixture) {
      await fixture.postgres.kill();
      return () => fixture.postgres.start();
    },
  },
  {
    ...{ name: 'PostgreSQL is frozen', weight: 2, maxMs: 8_000 },
    async start(fixture) {
      fixture.postgres.freeze();
      return () => fixture.postgres.thaw();
    },
  },
  proxyDisruption('a connection is silently cut', 5, 9_000, (proxy) => {
    proxy.cut();
    return () => proxy.heal();
  }),
  proxyDisruption('connections are dropped', 3, 0, (proxy) => {
    proxy.drop();
    return () => undefined;
  }),
  proxyDisruption('connections are half closed', 2, 0, (proxy) => {
    proxy.halfClose();
    return () => undefined;
  }),
  proxyDisruption('answers are held back', 3, 5_000, (proxy) => {
    proxy.hold('answers');
    return () => proxy.release();
  }),
  proxyDisruption('a connection has high latency', 3, 6_000, (proxy) => {
    proxy.delay(60);
    return () => proxy.delay(0);
  }),
  proxyDisruption('a connection has low bandwidth', 2, 5_000, (proxy) => {
    proxy.throttle(40_000);
    return () => proxy.throttle(Infinity);
  }),
];
