import path from 'node:path';
import { watchSpace } from '@chasqui/settings';
import { compiler, createApps } from './apps';
import { checkOpenFiles, prepareFolder } from '../dataDir/dataFolder';
import { startGuard, type Guard } from '../processes/guard';
import { claim, writeState, type RunState } from '../dataDir/instanceFile';
import { storedSecret } from '../dataDir/durableFiles';
import { migrate } from './migrate';
import { findPort, whyNotListen } from '../processes/ports';
import { identityOf } from '../processes/processes';
import { parseSettings, type LauncherSettings } from './settings';
import { StartupError } from '../startupError';
import { openStores, type Stores } from './stores';
import { supervise, type SupervisedPart, type SupervisionContext } from '../processes/supervise';

export interface LaunchOptions {
  /** The repository's root, already built. */
  root: string;
  env: NodeJS.ProcessEnv;
  say(line: string): void;
  /** Number of servers of the instance. */
  servers?: number;
  /** Compile changed sources while the instance runs. */
  watch?: boolean;
  /** Delete the data folder once everything has stopped, for whatever reason. */
  throwaway?: boolean;
  /** Aborting it cancels the start and stops everything. */
  signal?: AbortSignal;
}

export interface Instance extends Stores {
  /** The address of each server. */
  urls: string[];
  dataDir: string;
  /** The supervised processes: postgres, redis, server, worker, server-2 … */
  parts: readonly SupervisedPart[];
  /** Stops everything within 12 s, or at once with `hurry`. No process is left. */
  stop(options?: { hurry: boolean }): Promise<void>;
}

const appGraceMs = 10_500;
const stopWithinMs = 11_500;

/**
 * Starts a whole instance and keeps it running: stores, migrations, servers, worker. @throws StartupError with one
 * line for the terminal, after stopping everything.
 */
export async function launch(options: LaunchOptions): Promise<Instance> {
  const { root, env, say } = options;
  const settings = parseSettings(env, root);
  const { dataDir } = settings;
  checkOpenFiles();
  prepareFolder(dataDir);
  const claimed = await claim(dataDir);
  const guard = startGuard(claimed.fd);
  if (options.throwaway) guard.removeAfterwards(dataDir);
  const stores: SupervisedPart[] = [];
  const apps: SupervisedPart[] = [];
  const state = { ready: false, urls: [] as string[], database_url: '', redis_url: '' };
  let stopping: Promise<void> | undefined;
  let isStateWritten = true;
  const logLine = (_fields: object, line: string) => say(line);
  const space = watchSpace({
    folder: dataDir,
    log: { info: logLine, warn: logLine, error: logLine },
  });

  const changed = () => {
    if (stopping !== undefined) return;
    try {
      writeState(dataDir, { ...state, processes: processesOf(guard, [...stores, ...apps]) });
      isStateWritten = true;
    } catch (error) {
      // The parts keep running on a full disk; the next change writes the file.
      const reason = error instanceof Error ? error.message : String(error);
      if (isStateWritten) say(`could not write run.json: ${reason}`);
      isStateWritten = false;
    }
  };
  guard.onReplaced(changed);
  const around: SupervisionContext = { guard, say, changed, isOver: () => stopping !== undefined };

  async function stopAll(): Promise<void> {
    space.stop();
    const deadline = Date.now() + stopWithinMs;
    await Promise.all(apps.map((part) => part.stop(appGraceMs)));
    await Promise.all(stores.map((part) => part.stop(Math.max(deadline - Date.now(), 700))));
    await guard.release();
    claimed.release();
  }

  const stop: Instance['stop'] = async ({ hurry } = { hurry: false }) => {
    stopping ??= Promise.resolve().then(stopAll);
    if (hurry) await Promise.all([...apps, ...stores].map((part) => part.stop(0)));
    await stopping;
  };
  options.signal?.addEventListener('abort', () => void stop());

  try {
    const urls = await addresses(settings, options.servers ?? 1);
    changed();
    const cacheDir = path.join(root, 'node_modules/.cache/chasqui');
    const urlsOfStores = await timed(say, 'PostgreSQL and Redis are up', () =>
      openStores({ ...settings, cacheDir, lockFd: claimed.fd }, around, stores),
    );
    state.urls = urls;
    state.database_url = urlsOfStores.databaseUrl;
    state.redis_url = urlsOfStores.redisUrl;
    changed();
    const childEnv = environmentFor(settings, urlsOfStores, env);
    const { databaseUrl, plainRole } = urlsOfStores;
    // Only the migrations connect as the owner.
    const ownerEnv = {
      ...childEnv,
      DATABASE_URL: databaseUrl,
      ...(plainRole === undefined ? {} : { GRANT_PASSWORD: plainRole.password }),
    };
    await timed(say, 'The database schema is up to date', () =>
      migrate({
        ...{ root, dataDir, guard, lockFd: claimed.fd },
        ...{ env: ownerEnv, grantTo: plainRole?.name },
      }),
    );
    const parts = createApps({ root, dataDir, urls, env: childEnv, lockFd: claimed.fd });
    if (options.watch) parts.push(compiler(root, dataDir));
    apps.push(...parts.map((part) => supervise(part, around)));
    await timed(say, 'Server and worker are up', () => startAll(apps));
    if (around.isOver()) throw new StartupError('Interrupted.');
    state.ready = true;
    changed();
    return { urls, dataDir, ...urlsOfStores, parts: [...stores, ...apps], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(parts: readonly SupervisedPart[]): Promise<void> {
  const started = await Promise.allSettled(parts.map((part) => part.start()));
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function processesOf(guard: Guard, parts: readonly SupervisedPart[]): RunState['processes'] {
  const all = [
    { name: 'launcher', identity: identityOf(process.pid) },
    { name: 'watchdog', identity: guard.identity() },
    ...parts.map((part) => ({ name: part.name, identity: part.identity() })),
  ];
  return all.flatMap(({ name, identity }) => (identity ? [{ name, ...identity }] : []));
}

async function addresses({ host, port }: LauncherSettings, servers: number): Promise<string[]> {
  const reason = await whyNotListen(port, host);
  if (reason !== undefined) throw new StartupError(reason);
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const urls: string[] = [];
  for (let index = 0; index < servers; index += 1) {
    const chosen = index === 0 && port !== 0 ? port : await findPort(host);
    urls.push(`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${chosen}`);
  }
  return urls;
}

function environmentFor(
  settings: LauncherSettings,
  { databaseUrl, plainRole, redisUrl }: Stores,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const { dataDir, jwtSecret, host } = settings;
  return {
    NODE_ENV: 'production',
    ...(settings.databaseUrl === undefined ? withoutPostgres(env) : env),
    EMBEDDED: settings.databaseUrl === undefined ? 'on' : 'off',
    DATA_DIR: dataDir,
    HOST: host,
    DATABASE_URL: plainRole?.url ?? databaseUrl,
    REDIS_URL: redisUrl,
    JWT_SECRET: jwtSecret ?? storedSecret(path.join(dataDir, 'jwt-secret')),
  };
}

/** Variables like PGSSLMODE are not meant for the embedded database. */
function withoutPostgres(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PG[A-Z]+$/.test(name)));
}

async function timed<T>(
  say: (line: string) => void,
  done: string,
  work: () => Promise<T>,
): Promise<T> {
  const started = Date.now();
  const result = await work();
  say(`${done} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}
