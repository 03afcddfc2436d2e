import {
  createPeople,
  type Device,
  type FaultRun,
  findViolations,
  type Instance,
  openInstance,
  type People,
  type Person,
  type PostgresServer,
  type ServerNode,
  startPostgresServer,
  startTcpProxy,
  type TcpProxy,
  until,
  type WorkerNode,
} from '@chasqui/testkit';

/** The proxies between one process and its stores. */
export interface StoreProxies {
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
}

export interface FaultFixtureOptions {
  /** Additional settings for all processes. */
  env?: Record<string, string>;
  /** Additional settings per server. */
  envOf?: Record<string, string>[];
  /** Additional settings per worker. */
  workerEnvOf?: Record<string, string>[];
  /** `false` connects processes directly to their stores, for load tests. */
  proxied?: boolean;
}

/** Two servers and two workers with private stores; each process reaches them through proxies that can fail. */
export interface FaultFixture {
  readonly instance: Instance;
  readonly people: People;
  readonly postgres: PostgresServer;
  server(index: number): ServerNode & StoreProxies;
  worker(index: number): WorkerNode & StoreProxies;
  workers(): (WorkerNode & StoreProxies)[];
  /** Two people with a direct conversation. */
  pair(): Promise<{ ana: Person; ben: Person; id: string }>;
  /**
   * Waits until every device has received every entry, then returns the violations of the run.
   */
  violations(run: Omit<FaultRun, 'instance'>, withinMs?: number): Promise<string[]>;
  close(): Promise<void>;
}

export async function openFaultFixture(options: FaultFixtureOptions = {}): Promise<FaultFixture> {
  const { proxied = true } = options;
  const proxies: TcpProxy[] = [];
  const postgres = await startPostgresServer();
  const opened = await openInstance({
    nodes: 0,
    worker: false,
    databaseUrl: postgres.url,
    env: { SWEEP_INTERVAL_MS: '1000', DELIVERY_BACKOFF_MS: '500', ...options.env },
  }).catch(async (error: unknown) => {
    await postgres.close();
    throw error;
  });
  const people = createPeople(opened);
  const servers: (ServerNode & StoreProxies)[] = [];
  const workers: (WorkerNode & StoreProxies)[] = [];

  async function close(): Promise<void> {
    people.disconnectAll();
    postgres.thaw();
    await opened.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await postgres.close();
  }

  async function openProxies(): Promise<StoreProxies> {
    const openProxy = async (url: string): Promise<TcpProxy> => {
      const proxy = await startTcpProxy(Number(new URL(url).port));
      proxies.push(proxy);
      return proxy;
    };
    return { postgres: await openProxy(postgres.url), redis: await openProxy(opened.redis.url) };
  }

  async function addProcess<Node extends object>(
    add: (env: Record<string, string>) => Promise<Node>,
    env: Record<string, string> = {},
  ): Promise<Node & StoreProxies> {
    const own = await openProxies();
    const through = {
      DATABASE_URL: withPort(postgres.url, own.postgres.port),
      REDIS_URL: withPort(opened.redis.url, own.redis.port),
    };
    const node = await add(proxied ? { ...through, ...env } : env);
    // Not a copy, because `program` of a node changes with each restart.
    return Object.assign(node, own);
  }

  try {
    for (const index of [0, 1]) {
      servers.push(await addProcess(opened.addNode, options.envOf?.[index]));
      workers.push(await addProcess(opened.addWorker, options.workerEnvOf?.[index]));
    }
  } catch (error) {
    await close();
    throw error;
  }

  return {
    instance: opened,
    people,
    postgres,
    server: (index) => present(servers[index]),
    worker: (index) => present(workers[index]),
    workers: () => workers,
    async pair() {
      const { ana, ben } = await people.registerAll('ana', 'ben');
      const { id } = await people.direct(ana, ben);
      return { ana, ben, id };
    },
    async violations(run, withinMs = 30_000) {
      const instance = opened;
      await until(
        'every device has every entry',
        async () => {
          const [row] = await instance.sql<{ last_seq: string }>(
            'SELECT last_seq FROM conversations WHERE id = $1',
            [run.conversationId],
          );
          const last = Number(row?.last_seq);
          return run.devices.every((device) => lastSeq(device, run.conversationId) >= last);
        },
        withinMs,
      ).catch(() => undefined);
      return findViolations({ instance, ...run });
    },
    close,
  };
}

/** The last seq that a device received, by an event or by the answer to its own send. */
function lastSeq(device: Device, conversationId: string): number {
  const answered = device.attempts
    .filter((attempt) => attempt.conversationId === conversationId)
    .map(({ message }) => message?.seq ?? 0);
  return Math.max(device.entries(conversationId).at(-1)?.seq ?? 0, ...answered);
}

function withPort(address: string, port: number): string {
  const url = new URL(address);
  url.port = String(port);
  return url.href;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no such process');
  return value;
}

/** The integers from `from` to `count + from - 1`. */
export const upTo = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, i) => i + from);
