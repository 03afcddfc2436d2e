import { startRedisCluster } from './redisCluster';
import { startRedisServer } from './redisServer';

/** For tests that must pass on a single Redis and on a cluster. */
export const redisKinds = ['a single Redis', 'a Redis Cluster'] as const;
export type RedisKind = (typeof redisKinds)[number];

/** A single Redis or a cluster of three masters. Loses its data on a restart. */
export interface AnyRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Runs one command on the server of this key. */
  command(key: string, name: string, ...args: (string | number)[]): Promise<unknown>;
  /** Runs one command on every server. */
  everywhere(name: string, ...args: (string | number)[]): Promise<void>;
  /** How often this command has run since the servers started, from all clients. */
  calls(name: string): Promise<number>;
  close(): Promise<void>;
}

export async function startAnyRedis(kind: RedisKind): Promise<AnyRedis> {
  const { url, servers, command, close } =
    kind === 'a single Redis' ? await startSingle() : await startRedisCluster();
  return {
    url,
    async start() {
      await Promise.all(servers.map((server) => server.start()));
    },
    async kill() {
      await Promise.all(servers.map((server) => server.kill()));
    },
    freeze() {
      for (const server of servers) server.freeze();
    },
    thaw() {
      for (const server of servers) server.thaw();
    },
    command,
    async everywhere(name, ...args) {
      await Promise.all(servers.map((server) => server.command(name, ...args)));
    },
    async calls(name) {
      const counts = await Promise.all(
        servers.map(async (server) => {
          const stats = String(await server.command('INFO', 'commandstats'));
          return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
    close,
  };
}

async function startSingle() {
  const server = await startRedisServer();
  return {
    url: server.url,
    servers: [server],
    command: (_key: string, name: string, ...args: (string | number)[]) =>
      server.command(name, ...args),
    close: () => server.close(),
  };
}
