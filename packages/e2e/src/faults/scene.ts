import {
  type Attempt,
  type FaultRun,
  createPeople,
  type Device,
  type Instance,
  findViolations,
  openInstance,
  type People,
  type Person,
  type PostgresServer,
  type SendMore,
  type ServerNode,
  startPostgresServer,
  startTcpProxy,
  type TcpProxy,
  until,
  type WorkerNode,
} from '@chasqui/testkit';

/** The wires of one process to its stores. */
export interface Wires {
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
}

export interface SceneOptions {
  /** Further settings of all processes. */
  env?: Record<string, string>;
  /** Settings of one server each. */
  envOf?: Record<string, string>[];
  /** Settings of one worker each. */
  workerEnvOf?: Record<string, string>[];
  /** Without wires processes reach their stores directly: for tests of load. */
  wired?: boolean;
}

/** Two servers and two workers with stores of their own, every process behind wires that can fail. */
export interface Scene {
  readonly instance: Instance;
  readonly people: People;
  readonly postgres: PostgresServer;
  server(index: number): ServerNode & Wires;
  worker(index: number): WorkerNode & Wires;
  workers(): (WorkerNode & Wires)[];
  /** Two people in a direct conversation; the second by way of the second server. */
  pair(): Promise<{ ana: Person; ben: Person; id: string }>;
  /**
   * Waits until every device has been sent every entry, and judges. Returns what is wrong, in words;
   * nothing when all is well.
   */
  verdict(run: Omit<FaultRun, 'instance'>, withinMs?: number): Promise<string[]>;
  close(): Promise<void>;
}

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const { wired = true } = options;
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
  const servers: (ServerNode & Wires)[] = [];
  const workers: (WorkerNode & Wires)[] = [];

  async function close(): Promise<void> {
    people.disconnectAll();
    postgres.thaw();
    await opened.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await postgres.close();
  }

  async function wires(): Promise<Wires> {
    const wire = async (url: string): Promise<TcpProxy> => {
      const proxy = await startTcpProxy(Number(new URL(url).port));
      proxies.push(proxy);
      return proxy;
    };
    return { postgres: await wire(postgres.url), redis: await wire(opened.redis.url) };
  }

  async function joined<Node extends object>(
    add: (env: Record<string, string>) => Promise<Node>,
    env: Record<string, string> = {},
  ): Promise<Node & Wires> {
    const own = await wires();
    const through = {
      DATABASE_URL: withPort(postgres.url, own.postgres.port),
      REDIS_URL: withPort(opened.redis.url, own.redis.port),
    };
    const node = await add(wired ? { ...through, ...env } : env);
    // Not a copy: the program of a node is another one after a restart.
    return Object.assign(node, own);
  }

  try {
    for (const index of [0, 1]) {
      servers.push(await joined(opened.addNode, options.envOf?.[index]));
      workers.push(await joined(opened.addWorker, options.workerEnvOf?.[index]));
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
    async verdict(run, withinMs = 30_000) {
      const instance = opened;
      await until(
        'every device has every entry',
        async () => {
          const [row] = await instance.sql<{ last_seq: string }>(
            'SELECT last_seq FROM conversations WHERE id = $1',
            [run.conversationId],
          );
          const last = Number(row?.last_seq);
          return run.devices.every((device) => furthest(device, run.conversationId) >= last);
        },
        withinMs,
      ).catch(() => undefined);
      return findViolations({ instance, ...run });
    },
    close,
  };
}

/** The last seq that a device knows of, by an event or by the answer to a send of its own. */
function furthest(device: Device, conversationId: string): number {
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
  if (value === undefined) throw new Error('there is no such process');
  return value;
}

/** Connects and has what waited. */
export async function connected(device: Device, withinMs = 30_000): Promise<Device> {
  await device.connect();
  await device.drained(withinMs);
  return device;
}

/** Sends, and with the same client message id again until there is an answer. */
export async function sendSurely(
  device: Device,
  conversationId: string,
  content: string,
  more: SendMore = {},
): Promise<Attempt> {
  const { clientMessageId } = more;
  const first = await device.send(conversationId, content, more);
  if (first.outcome !== 'unknown') return first;
  return until(
    'a send is answered',
    async () => {
      const again = await device.send(conversationId, content, {
        ...more,
        clientMessageId: clientMessageId ?? first.clientMessageId,
      });
      return again.outcome === 'unknown' ? null : again;
    },
    40_000,
  );
}

export const upTo = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, i) => i + from);
