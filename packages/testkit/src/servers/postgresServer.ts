import { type ChildProcess, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrateDatabase } from '@chasqui/db';
import { embeddedPostgres, identityOf } from '@chasqui/services';
import { guardOfThisFile } from '../instance/program';
import { endOrAnswer } from './startingServer';
import { until } from '../tools/until';

const PORTS_TRIED = 20;

/** A private, migrated PostgreSQL that can be killed and frozen. Keeps its data across restarts. */
export interface PostgresServer {
  readonly url: string;
  /** Everything it has logged. */
  log(): string;
  /** Starts it at the same address; resolves when it responds. */
  start(): Promise<void>;
  /** kill -9 of the postmaster; its backends exit when they notice. */
  kill(): Promise<void>;
  /** SIGSTOP of the postmaster and all backends: connections stay open, nothing responds. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /**
   * Starts a hot standby that confirms every commit before the client gets its answer
   * (synchronous_standby_names); resolves once it does.
   */
  startReplica(): Promise<Replica>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

export interface Replica {
  readonly port: number;
  /** Makes it a primary without a standby; resolves when it accepts writes. */
  promote(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a migrated server. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const server = await serverIn(emptyFolder());
  await server.ensureDatabase();
  await migrateDatabase(server.url);
  return server;
}

function emptyFolder(): string {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'chasqui-postgres-test-'));
  mkdirSync(path.join(dataDir, 'logs'));
  mkdirSync(path.join(dataDir, 'postgres'));
  guardOfThisFile().removeAfterwards(dataDir);
  return dataDir;
}

async function serverIn(
  dataDir: string,
): Promise<PostgresServer & { ensureDatabase(): Promise<void> }> {
  const guard = guardOfThisFile();
  const logFile = path.join(dataDir, 'logs/postgres.log');
  const open = () =>
    embeddedPostgres({ folder: path.join(dataDir, 'postgres'), logFile, maxConnections: 100 });
  let part = await open();
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const victim = child;
    child = undefined;
    if (victim?.exitCode !== null || victim.signalCode !== null) return;
    const exited = new Promise((resolve) => victim.once('exit', resolve));
    victim.kill(signal);
    await exited;
    if (victim.pid !== undefined) guard.forget(victim.pid);
  }

  /** Each backend leads its own session, so there is no process group to signal. */
  function signalAll(signal: NodeJS.Signals): void {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const backends = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout;
    for (const pid of [child.pid, ...backends.trim().split('\n').filter(Boolean).map(Number)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just exited.
      }
    }
  }

  /** Only our server knows the password, so another one on the port is not mistaken for it. */
  async function attempt(): Promise<'answers' | 'port taken'> {
    const logSizeBefore = statSync(logFile).size;
    const started = await part.spawn();
    child = started;
    const identity = started.pid === undefined ? undefined : identityOf(started.pid);
    if (identity !== undefined) guard.watch({ ...identity, kind: 'store', signal: 'SIGQUIT' });
    return endOrAnswer({
      name: 'postgres',
      child: started,
      lastLines: () => readFileSync(logFile).subarray(logSizeBefore).toString('utf8').slice(-4_000),
      answers: () => part.isReady(),
    });
  }

  const server = {
    get url() {
      return part.url;
    },
    log: () => readFileSync(logFile, 'utf8'),
    async start() {
      for (let tries = 1; (await attempt()) === 'port taken'; tries += 1) {
        if (tries === 50) throw new Error(`the port of ${part.url} is still in use`);
        await delay(100);
      }
    },
    kill: () => end('SIGKILL'),
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    startReplica: () => startReplica(dataDir, part.url),
    ensureDatabase: () => part.ensureDatabase(),
    async close() {
      signalAll('SIGCONT');
      await end('SIGQUIT');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  // The address is not published yet, so another port is fine.
  for (let tries = 1; (await attempt()) === 'port taken'; tries += 1) {
    if (tries === PORTS_TRIED) throw new Error(`${PORTS_TRIED} ports were in use`);
    part = await open();
  }
  return server;
}

/** A base backup by hand (PostgreSQL's documentation, 25.3.3), since the bundled programs have no pg_basebackup. */
async function startReplica(primaryDir: string, primaryUrl: string): Promise<Replica> {
  const dataDir = emptyFolder();
  const [from, to] = [primaryDir, dataDir].map((folder) => path.join(folder, 'postgres'));
  if (from === undefined || to === undefined) throw new Error('no folder');
  await withClient(primaryUrl, async (client) => {
    await client.query(`SELECT pg_backup_start('replica', true)`);
    // Writes during the copy are in the WAL, which the replica replays from the start of the backup.
    const copied = spawnSync('cp', [
      '-a',
      path.join(from, 'data'),
      path.join(from, 'password'),
      to,
    ]);
    if (copied.status !== 0) throw new Error('copying the data failed');
    const { rows } = await client.query<{ labelfile: string }>(
      'SELECT * FROM pg_backup_stop(false)',
    );
    const data = path.join(to, 'data');
    rmSync(path.join(data, 'postmaster.pid'), { force: true });
    rmSync(path.join(data, 'postmaster.opts'), { force: true });
    const { hostname, port, username, password } = new URL(primaryUrl);
    const source = `host=${hostname} port=${port} user=${username} password=${password} application_name=replica`;
    appendFileSync(path.join(data, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
    const { uid, gid } = statSync(path.join(data, 'PG_VERSION'));
    const files = { backup_label: rows[0]?.labelfile ?? '', 'standby.signal': '' };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(path.join(data, name), content, { mode: 0o600 });
      chownSync(path.join(data, name), uid, gid);
    }
  });
  const server = await serverIn(dataDir);
  await withClient(primaryUrl, async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'replica'`);
    await client.query('SELECT pg_reload_conf()');
    await until('the replica confirms commits', async () => {
      const { rows } = await client.query<{ sync_state: string }>(
        'SELECT sync_state FROM pg_stat_replication',
      );
      return rows[0]?.sync_state === 'sync';
    });
  });
  return {
    port: Number(new URL(server.url).port),
    async promote() {
      await withClient(server.url, (client) => client.query('SELECT pg_promote(true, 30)'));
    },
    close: () => server.close(),
  };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
