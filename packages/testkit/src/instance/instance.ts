import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { freshDatabase } from '../database/freshDatabase';
import { type Program, type ProgramOptions, releaseGuard, startProgram } from './program';
import { type RedisServer, startRedisServer } from '../servers/redisServer';

/** A server process that can be ended and started again at the same address. */
export interface ServerNode {
  readonly url: string;
  readonly port: number;
  readonly program: Program;
  /** Starts it at the same address after `program.kill()` or `program.stop()`. */
  restart(): Promise<void>;
}

export interface WorkerNode {
  readonly program: Program;
  restart(): Promise<void>;
}

export interface InstanceOptions {
  /** Number of servers, which share one Redis and one PostgreSQL. */
  nodes?: number;
  /** Whether to start a worker; true by default. */
  worker?: boolean;
  /** Additional settings for server and worker. */
  env?: Record<string, string>;
  /** Folder of another release to run instead of this repository. */
  release?: string;
  /** Node executable for servers and workers instead of the one that runs the tests. */
  node?: string;
  /** Used instead of a fresh database on the PostgreSQL that all tests share. */
  databaseUrl?: string;
}

/** A complete, private Chasqui instance of real processes. */
export interface Instance {
  readonly databaseUrl: string;
  readonly redis: RedisServer;
  readonly nodes: readonly ServerNode[];
  /** The address of a node; the first one by default. */
  url(node?: number): string;
  /** Starts another server, by default of the instance's release. */
  addNode(env?: Record<string, string>, release?: string): Promise<ServerNode>;
  /** Starts another worker, by default of the instance's release. */
  addWorker(env?: Record<string, string>, release?: string): Promise<WorkerNode>;
  /** The first worker. */
  worker(): WorkerNode;
  /** Queries PostgreSQL directly. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Stops all processes, including frozen ones. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

export async function openInstance(options: InstanceOptions = {}): Promise<Instance> {
  const fresh = options.databaseUrl === undefined ? await freshDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? fresh?.url ?? '';
  const redis = await startRedisServer();
  const env = {
    HOST,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    JWT_SECRET: randomUUID(),
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'info',
    ...options.env,
  };
  const nodes: ServerNode[] = [];
  const addNode = async (
    more: Record<string, string> = {},
    release = options.release,
  ): Promise<ServerNode> => {
    const node = await startServer({ ...env, ...more }, { release, node: options.node });
    nodes.push(node);
    return node;
  };
  const workers: WorkerNode[] = [];
  const addWorker = async (
    more: Record<string, string> = {},
    release = options.release,
  ): Promise<WorkerNode> => {
    const worker = await startWorker({ ...env, ...more }, { release, node: options.node });
    workers.push(worker);
    return worker;
  };
  let pool: pg.Pool | undefined;

  const instance: Instance = {
    databaseUrl,
    redis,
    nodes,
    url: (index = 0) => nodeAt(nodes, index).url,
    addNode,
    addWorker,
    worker() {
      const [worker] = workers;
      if (worker === undefined) throw new Error('this instance has no worker');
      return worker;
    },
    async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      if (pool === undefined) {
        pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
        // An idle connection was lost, for example because PostgreSQL was killed.
        pool.on('error', () => undefined);
      }
      return (await pool.query<Row>(text, values)).rows;
    },
    async close() {
      await Promise.all([...nodes, ...workers].map(({ program }) => program.kill()));
      await pool?.end();
      await redis.close();
      await fresh?.drop();
      await releaseGuard();
    },
  };

  try {
    await Promise.all([
      ...Array.from({ length: options.nodes ?? 1 }, () => addNode()),
      options.worker === false ? undefined : addWorker(),
    ]);
    return instance;
  } catch (error) {
    await instance.close();
    throw error;
  }
}

function nodeAt(nodes: readonly ServerNode[], index: number): ServerNode {
  const node = nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
}

/** The release to run and the Node executable to run it with. */
type Build = Pick<ProgramOptions, 'release' | 'node'>;

async function startServer(env: Record<string, string>, build: Build): Promise<ServerNode> {
  const start = (port: number): Promise<Program> =>
    startProgram({
      entry: 'apps/server/dist/main.js',
      env: { ...env, PORT: String(port) },
      ...build,
      readyMessage: 'listening',
    });
  let program = await start(0);
  const port = Number(program.ready.port);
  return {
    url: `http://${HOST}:${port}`,
    port,
    get program() {
      return program;
    },
    async restart() {
      for (let tries = 1; ; tries += 1) {
        try {
          program = await start(port);
          return;
        } catch (error) {
          // Another process may hold the port briefly, for example as the local port of a connection.
          if (tries === 50 || !String(error).includes('EADDRINUSE')) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    },
  };
}

async function startWorker(env: Record<string, string>, build: Build): Promise<WorkerNode> {
  const start = (): Promise<Program> =>
    startProgram({
      entry: 'apps/worker/dist/main.js',
      env,
      ...build,
      readyMessage: 'the worker is running',
    });
  let program = await start();
  return {
    get program() {
      return program;
    },
    async restart() {
      program = await start();
    },
  };
}
