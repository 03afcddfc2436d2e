import { randomUUID } from 'node:crypto';
import { migrateDatabase } from '@chasqui/db';
import { type Program, startProgram } from '@chasqui/testkit';
import pg from 'pg';
import type { Scope } from '../contest';
import { createProfiler } from '../profile/profiler';
import { openStores } from '../stores';
import { signerOf, type Sign } from './accessToken';

export interface Project {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly postgresLog: string;
  /** One per node. */
  readonly servers: readonly { readonly url: string; readonly program: Program }[];
  readonly worker: Program;
  readonly pool: pg.Pool;
  /** Signs an access token like the server. */
  readonly sign: Sign;
  /** The address of the first node. */
  readonly url: string;
  /** Runs the work; profiles the first node under this name if profiling is enabled. */
  profiled<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Starts servers and a worker as in production, each in its own process, with their own stores. `env` adds to the default
 * settings.
 */
export async function openProject(
  scope: Scope,
  { nodes = 1, env: more = {} }: { nodes?: number; env?: Record<string, string> } = {},
): Promise<Project> {
  const stores = await openStores(scope);
  await migrateDatabase(stores.databaseUrl);
  const pool = new pg.Pool({ connectionString: stores.databaseUrl, max: 4 });
  // Idle connections fail when the stores are closed first.
  pool.on('error', () => undefined);
  scope.onClose(() => pool.end());
  const secret = randomUUID();
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    JWT_SECRET: secret,
    RATE_LIMIT: 'off',
    // A row may take longer than the default lifetime of an access token.
    ACCESS_TOKEN_TTL_S: '86400',
  };
  const profiler = createProfiler(scope);
  const start = async (
    entry: string,
    readyMessage: string,
    { env: also = {}, execArgv = [] }: Partial<Pick<typeof profiler, 'env' | 'execArgv'>> = {},
  ): Promise<Program> => {
    const settings = { ...env, ...more, ...also };
    const program = await startProgram({ entry, env: settings, readyMessage, execArgv });
    scope.onClose(() => program.stop());
    return program;
  };
  const servers = [];
  for (let i = 0; i < nodes; i += 1) {
    const program = await start('apps/server/dist/main.js', 'listening', profiler);
    servers.push({ url: `http://127.0.0.1:${String(program.ready.port)}`, program });
  }
  const worker = await start('apps/worker/dist/main.js', 'the worker is running');
  const [first] = servers;
  if (first === undefined) throw new Error('a project without a node');
  return {
    ...{ ...stores, servers, worker, pool },
    sign: signerOf(secret),
    url: first.url,
    profiled: (name, work) => profiler.during(name, first.program, work),
  };
}
