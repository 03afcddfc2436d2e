import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startGuard } from '../processes/guard';
import { embeddedPostgres, type PlainLogin, type PostgresPart } from '../postgres/postgres';
import { privateRedis, type RedisPart } from '../redis/redis';
import { redisProgram } from '../redis/redisProgram';
import { supervise, type SupervisedPart, type Surroundings } from './supervise';

export interface StoreOptions {
  dataDir: string;
  /** Where fetched programs are kept from one start to the next. */
  cacheDir: string;
  /** Used instead of an embedded PostgreSQL. */
  databaseUrl?: string | undefined;
  /** Used instead of a private Redis. */
  redisUrl?: string | undefined;
  maxConnections?: number;
  /** Kept open by the stores, and with it the lock on the data folder. */
  lockFd?: number | undefined;
}

export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  /** Of the embedded PostgreSQL: whom server and worker log in as. */
  plainRole?: PlainLogin | undefined;
}

/**
 * Brings up PostgreSQL and Redis, those of them that are not given, side by side. What it starts it
 * adds to `parts` before it starts it; stopping them is the caller's.
 */
export async function openStores(
  options: StoreOptions,
  around: Surroundings,
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
        // Its port was free a moment ago; another will do.
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
  say: Surroundings['say'],
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
 * Stores that live no longer than this process and leave nothing behind, for tests: even when the
 * process is killed they end, and their folder goes with them.
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
