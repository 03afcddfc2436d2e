import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { keep, kept, keptPort, keptSecret } from './keptFiles';
import { openLog } from './logFile';
import { findPort } from './ports';
import { postgresAccount, type Account } from './postgresAccount';
import { postgresPrograms } from './postgresPrograms';
import { end, identityOf, runsIn } from './processes';
import { StartupError } from './startupError';
import type { Part } from './supervise';

export interface PostgresOptions {
  /** Everything of this server lies below it: data, port, password. */
  folder: string;
  logFile: string;
  /** Kept open by the server, and with it the lock on the data folder. */
  lockFd?: number | undefined;
  maxConnections: number;
}

export interface PostgresPart extends Part {
  url: string;
  /** Whether it ended because somebody else listens on its port. */
  portWasTaken(): boolean;
  /** Creates the database if it is missing. Call it once the server is ready. */
  ensureDatabase(): Promise<void>;
}

const user = 'chasqui';
const database = 'chasqui';
const host = '127.0.0.1';

/**
 * An embedded PostgreSQL on loopback. Port and password are kept beside the data, so that addresses
 * survive a restart. A server that an earlier crash of ours left running is stopped.
 */
export async function embeddedPostgres(options: PostgresOptions): Promise<PostgresPart> {
  mkdirSync(options.folder, { recursive: true });
  const folder = realpathSync(options.folder);
  const data = path.join(folder, 'data');
  const account = postgresAccount(data);
  const programs = postgresPrograms(account);
  const log = openLog(options.logFile);
  await stopLeftover(data);
  const password = keptSecret(path.join(folder, 'password'));
  createCluster({ programs, account, data, password, logFile: options.logFile });
  refuseOtherVersion(programs, data);
  const portFile = path.join(folder, 'port');
  const port = await findPort(host, keptPort(portFile));
  keep(portFile, `${port}\n`);

  const url = (name: string) => `postgres://${user}:${password}@${host}:${port}/${name}`;
  const flags = {
    port,
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: options.maxConnections,
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    // Nothing that people wrote gets into its log: no values of rows, no statements, no parameters.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
  };

  const inherited = options.lockFd === undefined ? [] : [options.lockFd];

  return {
    name: 'postgres',
    kind: 'store',
    // A fast shutdown: SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    url: url(database),
    async spawn() {
      await stopLeftover(data);
      const settings = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      return spawn(path.join(programs, 'bin/postgres'), ['-D', pathOf(data), ...settings], {
        ...account,
        cwd: data,
        env: environment,
        detached: true,
        stdio: ['ignore', log.fd, log.fd, ...inherited],
      });
    },
    isReady: () => answers(url('postgres')),
    portWasTaken: () => log.plainLines().some((line) => /address already in use/i.test(line)),
    complaint: () => `PostgreSQL did not start: ${log.plainLines().at(-1) ?? 'no reason given'}`,
    ensureDatabase: () => ensureDatabase(url('postgres')),
  };
}

const environment = { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };

/**
 * How PostgreSQL is told where its data is. On Linux it is started in that folder and reaches it
 * through itself, so that it works below folders that are closed to the account it runs as.
 */
function pathOf(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

interface Cluster {
  programs: string;
  account: Account | undefined;
  data: string;
  password: string;
  logFile: string;
}

/** Creates the data folder whole or not at all. */
function createCluster({ programs, account, data, password, logFile }: Cluster): void {
  if (existsSync(path.join(data, 'PG_VERSION'))) return;
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const secrets = mkdtempSync(path.join(path.dirname(data), 'setup-'));
  const passwordFile = path.join(secrets, 'password');
  let passwordFd: number | undefined;
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    passwordFd = openSync(passwordFile, 'r');
    for (const file of account ? [draft, secrets, passwordFile] : []) {
      chownSync(file, account?.uid ?? 0, account?.gid ?? 0);
    }
    const onLinux = process.platform === 'linux';
    // Like the data: reached through the process itself, also when the folder is closed to its account.
    const pwfile = onLinux ? '/proc/self/fd/3' : passwordFile;
    const made = spawnSync(
      path.join(programs, 'bin/initdb'),
      [
        ...['-D', pathOf(draft), '-U', user, '-A', 'scram-sha-256', `--pwfile=${pwfile}`],
        ...['--encoding=UTF8', `--locale=${onLinux ? 'C.UTF-8' : 'C'}`],
        // The same order of text on every platform.
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
      ],
      {
        ...account,
        cwd: draft,
        env: environment,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe', passwordFd],
      },
    );
    if (made.status !== 0) {
      const reason = made.error?.message ?? made.stderr.trim();
      writeFileSync(logFile, `${made.stdout ?? ''}${reason}\n`, { flag: 'a', mode: 0o600 });
      throw new StartupError(`PostgreSQL could not set up its data: ${reason.split('\n').at(-1)}`);
    }
    renameSync(draft, data);
    chmodSync(data, 0o700);
  } finally {
    if (passwordFd !== undefined) closeSync(passwordFd);
    rmSync(secrets, { recursive: true, force: true });
  }
}

function refuseOtherVersion(programs: string, data: string): void {
  const found = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  const version = spawnSync(path.join(programs, 'bin/postgres'), ['--version'], {
    encoding: 'utf8',
  });
  const ours = /(\d+)\./.exec(version.stdout)?.[1];
  if (ours !== undefined && ours !== found) {
    throw new StartupError(
      `The data in ${data} belongs to PostgreSQL ${found}, this is ${ours}: dump it there and load it here.`,
    );
  }
}

/** Ends a server that an earlier crash left running on this data, and forgets one that is gone. */
async function stopLeftover(data: string): Promise<void> {
  const lock = path.join(data, 'postmaster.pid');
  const pid = Number(kept(lock)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const leftover = identityOf(pid);
  if (leftover !== undefined && runsIn(pid, data, /postgres/)) {
    await end(leftover, [
      ['SIGINT', 5_000],
      ['SIGQUIT', 2_000],
      ['SIGKILL', 2_000],
    ]);
  }
  rmSync(lock, { force: true });
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, async (client) => {
    await client.query('SELECT 1');
    return true;
  }).catch(() => false);
}

async function ensureDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  });
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    // Given, because pg takes from PGSSLMODE and PGOPTIONS what is not.
    ssl: false,
    options: '-c client_min_messages=warning',
  });
  // A connection that breaks after its last answer is of no interest here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
