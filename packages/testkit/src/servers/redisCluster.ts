import { findPort } from '@chasqui/services';
import { type RedisServer, startRedisServer } from './redisServer';
import { until } from '../tools/until';

/** A private Redis Cluster of three masters, optionally with a replica each. */
export interface RedisCluster {
  /** For `REDIS_URL`. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  /** The server that serves this key's slot, according to a server other than `except`. */
  masterOf(key: string, except?: RedisServer): Promise<RedisServer>;
  /** Runs a command on the master of this key. */
  command(key: string, name: string, ...args: (string | number)[]): Promise<unknown>;
  /** Assigns this key's slot to another master without moving its data. Resolves to both masters. */
  moveSlotOf(key: string): Promise<{ from: RedisServer; to: RedisServer }>;
  /** Waits until all slots are served and every server agrees. */
  whole(): Promise<void>;
  close(): Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;
const HOST = '127.0.0.1';

/** Servers consider each other dead after a second. Only the member list is on disk, no data. */
export async function startRedisCluster({ replicas = false } = {}): Promise<RedisCluster> {
  const servers: RedisServer[] = [];
  const busPorts: number[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };

  const running = (except?: RedisServer): RedisServer => {
    for (const server of servers) {
      if (server === except || !server.answers()) continue;
      return server;
    }
    throw new Error('no server of the cluster is running');
  };

  const cluster: RedisCluster = {
    get url() {
      return servers
        .slice(0, MASTERS)
        .map(({ url }) => url)
        .join(',');
    },
    servers,
    async masterOf(key, except) {
      const asked = running(except);
      const slot = Number(await asked.command('CLUSTER', 'KEYSLOT', key));
      const ranges = (await asked.command('CLUSTER', 'SLOTS')) as [
        number,
        number,
        [string, number],
      ][];
      const port = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
      const master = servers.find((server) => server.port === port);
      if (master === undefined) throw new Error(`no master serves slot ${slot}`);
      return master;
    },
    async command(key, name, ...args) {
      return (await cluster.masterOf(key)).command(name, ...args);
    },
    async moveSlotOf(key) {
      const from = await cluster.masterOf(key);
      const to = servers.find((server) => server !== from);
      if (to === undefined) throw new Error('there is no other master');
      const slot = Number(await from.command('CLUSTER', 'KEYSLOT', key));
      const id = String(await to.command('CLUSTER', 'MYID'));
      // The higher epoch wins, so messages from the former master cannot undo the change.
      await to.command('CLUSTER', 'BUMPEPOCH');
      for (const server of [to, ...servers.filter((one) => one !== to)]) {
        await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', id);
      }
      return { from, to };
    },
    async whole() {
      await until('the cluster is whole', async () => {
        const states = await Promise.all(
          servers.map(async (server) => String(await server.command('CLUSTER', 'INFO'))),
        );
        return states.every(
          (state) =>
            state.includes('cluster_state:ok') &&
            state.includes(`cluster_known_nodes:${servers.length}`) &&
            state.includes(`cluster_slots_ok:${SLOTS}`),
        );
      });
    },
    close,
  };

  try {
    for (let i = 0; i < (replicas ? 2 * MASTERS : MASTERS); i += 1) {
      let busPort = 0;
      const settings = async () => clusterSettings((busPort = await findPort(HOST)));
      servers.push(await startRedisServer(settings));
      busPorts.push(busPort);
    }
    await join(servers, busPorts);
    await cluster.whole();
    if (replicas) await replicate(servers);
    return cluster;
  } catch (error) {
    await close();
    throw error;
  }
}

function clusterSettings(busPort: number): string[] {
  return [
    ...['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`],
    ...['--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'],
    ...['--repl-diskless-sync-delay', '0'],
  ];
}

async function join(servers: RedisServer[], busPorts: number[]): Promise<void> {
  const [first, ...others] = servers;
  if (first === undefined) return;
  for (const [i, server] of servers.entries()) {
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    if (i >= MASTERS) continue;
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * SLOTS) / MASTERS));
    await server.command('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
  }
  for (const [i, server] of others.entries()) {
    await first.command('CLUSTER', 'MEET', HOST, server.port, busPorts[i + 1] ?? 0);
  }
}

async function replicate(servers: RedisServer[]): Promise<void> {
  for (let i = 0; i < MASTERS; i += 1) {
    const [master, replica] = [servers[i], servers[i + MASTERS]];
    const id = String(await master?.command('CLUSTER', 'MYID'));
    await until('the replica follows its master', () =>
      replica?.command('CLUSTER', 'REPLICATE', id),
    );
  }
  await until('the replicas are in sync', async () => {
    const links = await Promise.all(
      servers
        .slice(MASTERS)
        .map(async (replica) => String(await replica.command('INFO', 'replication'))),
    );
    return links.every((link) => link.includes('master_link_status:up'));
  });
}
