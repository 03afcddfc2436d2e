import { randomUUID } from 'node:crypto';
import { migrateDatabase } from '@pern/db/migrateDatabase';
import { type Program, startProgram } from '@pern/testing/program';
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
  /** An access token, as the server would have made it. */
  readonly sign: Sign;
  /** The address of the first node. */
  readonly url: string;
  /** Does the work, with a profile of the first node under this name where profiles are wanted. */
  profiled<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Server and worker as in production, each a process of its own, on stores of their own. `env`
 * comes on top of what the servers are told.
 */
export async function openProject(
  scope: Scope,
  { nodes = 1, env: more = {} }: { nodes?: number; env?: Record<string, string> } = {},
): Promise<Project> {
  const stores = await openStores(scope);
  await migrateDatabase(stores.databaseUrl);
  const pool = new pg.Pool({ connectionString: stores.databaseUrl, max: 4 });
  // A connection that ends while nobody uses it, as when the stores are closed first.
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
    // A row may last longer than an access token does.
    ACCESS_TOKEN_TTL_S: '86400',
  };
  const profiler = createProfiler(scope);
  const start = async (
    entry: string,
    readyMessage: string,
    { env: also = {}, execArgv = [] }: Partial<Pick<typeof profiler, 'env' | 'execArgv'>> = {},
  ): Promise<Program> => {
    const told = { ...env, ...more, ...also };
    const program = await startProgram({ entry, env: told, readyMessage, execArgv });
    scope.onClose(() => program.stop());
    return program;
  };
  const servers = [];
  for (let i = 0; i < nodes; i += 1) {
    const program = await start('apps/server/dist/main.js', 'listening', profiler);
    servers.push({ url: `http://127.0.0.1:${String(program.ready.port)}`, program });
  }
  const worker = await start('apps/worker/dist/main.js', 'the worker is at work');
  const [first] = servers;
  if (first === undefined) throw new Error('a project without a node');
  return {
    ...{ ...stores, servers, worker, pool },
    sign: signerOf(secret),
    url: first.url,
    profiled: (name, work) => profiler.during(name, first.program, work),
  };
}
