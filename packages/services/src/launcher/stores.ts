import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startGuard } from '../processes/guard';
import { embeddedPostgres, type PlainLogin, type PostgresPart } from '../postgres/postgres';
import { privateRedis, type RedisPart } from '../redis/redis';
import { redisProgram } from '../redis/redisProgram';
import { supervise, type SupervisedPart, type SupervisionContext } from '../processes/supervise';

export interface StoreOptions {
  dataDir: string;
  /** Folder in which fetched programs are kept. */
  cacheDir: string;
  /** URL of an existing PostgreSQL instead of the embedded one. */
  databaseUrl?: string | undefined;
  /** URL of an existing Redis instead of the private one. */
  redisUrl?: string | undefined;
  maxConnections?: number;
  /** Inherited by the stores, which keeps the lock on the data folder. */
  lockFd?: number | undefined;
}

export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  /** The role for server and worker, with an embedded PostgreSQL. */
  plainRole?: PlainLogin | undefined;
}

/**
 * Starts those of PostgreSQL and Redis that are not given, in parallel. Adds each to `parts` before it starts; the
 * caller stops them.
 */
export async function openStores(
  options: StoreOptions,
  around: SupervisionContext,
  parts: SupervisedPart[],
): Promise<Stores> {
  mkdirSync(options.dataDir, { recursive: true });
  const started: Started = async (create) => {
    for (let tries = 1; ; tries += 1) {
      const part = await create();
      const supervised = supervise(part, around);
      parts.push(supervised);
      try {
        await supervised.start();
        return part;
      } catch (error) {
        // Another program took the port just now; try another one.
        if (!part.portWasTaken() || tries === PORTS_TRIED) throw error;
        parts.splice(parts.indexOf(supervised), 1);
      }
    }
  };
  const logs = path.join(options.dataDir, 'logs');

  const opened = await Promise.allSettled([
    openPostgres(options, logs, started),
    openRedis(options, logs, started, around.say),
  ]);
  const [database, redis] = opened;
  if (database.status === 'rejected') throw database.reason;
  if (redis.status === 'rejected') throw redis.reason;
  return { ...database.value, redisUrl: redis.value };
}

type Started = <P extends PostgresPart | RedisPart>(create: () => Promise<P>) => Promise<P>;

const PORTS_TRIED = 10;

async function openPostgres(
  { databaseUrl, dataDir, maxConnections = 200, lockFd }: StoreOptions,
  logs: string,
  started: Started,
): Promise<Pick<Stores, 'databaseUrl' | 'plainRole'>> {
  if (databaseUrl !== undefined) return { databaseUrl };
  const folder = path.join(dataDir, 'postgres');
  const logFile = path.join(logs, 'postgres.log');
  const part = await started(() => embeddedPostgres({ folder, logFile, maxConnections, lockFd }));
  await part.ensureDatabase();
  return { databaseUrl: part.url, plainRole: part.plainRole };
}

async function openRedis(
  { redisUrl, dataDir, cacheDir, lockFd }: StoreOptions,
  logs: string,
  started: Started,
  say: SupervisionContext['say'],
): Promise<string> {
  if (redisUrl !== undefined) return redisUrl;
  const program = redisProgram(path.join(cacheDir, `redis-${process.arch}`), say);
  const folder = path.join(dataDir, 'redis');
  const part = await started(() =>
    privateRedis({ program, folder, logFile: path.join(logs, 'redis.log'), lockFd }),
  );
  return part.url;
}

/**
 * Opens stores for tests. They stop and their folder is deleted when this process ends, even when it is killed.
 */
export async function openThrowawayStores(
  options: StoreOptions,
): Promise<Stores & { close(): Promise<void> }> {
  const guard = startGuard();
  guard.removeAfterwards(options.dataDir);
  const parts: SupervisedPart[] = [];
  let over = false;
  const close = async () => {
    over = true;
    await Promise.all(parts.map((part) => part.stop(5_000)));
    await guard.release();
  };
  const ignore = () => undefined;
  try {
    const around = { guard, say: ignore, changed: ignore, isOver: () => over };
    return { ...(await openStores(options, around, parts)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
