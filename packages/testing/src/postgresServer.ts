import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrateDatabase } from '@pern/db/migrateDatabase';
import { embeddedPostgres } from '@pern/services/postgres';
import { identityOf } from '@pern/services/processes';
import { guardOfThisFile } from './program';
import { until } from './until';

/** A PostgreSQL of the test's own, migrated, to be killed and frozen. Keeps its data over a restart. */
export interface PostgresServer {
  readonly url: string;
  /** Starts it at the same address; resolves when it answers. */
  start(): Promise<void>;
  /** kill -9 of the postmaster; its backends notice by themselves. */
  kill(): Promise<void>;
  /** SIGSTOP of the postmaster and all its backends: connections stay, nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export async function startPostgresServer(): Promise<PostgresServer> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'chasqui-postgres-test-'));
  mkdirSync(path.join(dataDir, 'logs'));
  const guard = guardOfThisFile();
  guard.removeAfterwards(dataDir);
  const part = await embeddedPostgres({
    folder: path.join(dataDir, 'postgres'),
    logFile: path.join(dataDir, 'logs/postgres.log'),
    maxConnections: 100,
  });
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const victim = child;
    child = undefined;
    if (victim?.exitCode !== null || victim.signalCode !== null) return;
    const gone = new Promise((resolve) => victim.once('exit', resolve));
    victim.kill(signal);
    await gone;
    if (victim.pid !== undefined) guard.forget(victim.pid);
  }

  /** A backend leads a session of its own, so there is no group to signal. */
  function signalAll(signal: NodeJS.Signals): void {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const backends = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout;
    for (const pid of [child.pid, ...backends.trim().split('\n').filter(Boolean).map(Number)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
  }

  const server: PostgresServer = {
    url: part.url,
    async start() {
      child = await part.spawn();
      const identity = child.pid === undefined ? undefined : identityOf(child.pid);
      if (identity !== undefined) guard.watch({ ...identity, kind: 'store', signal: 'SIGQUIT' });
      await until('PostgreSQL answers', () => part.isReady(), 30_000);
    },
    kill: () => end('SIGKILL'),
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async close() {
      signalAll('SIGCONT');
      await end('SIGQUIT');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await server.start();
  await part.ensureDatabase();
  await migrateDatabase(part.url);
  return server;
}
