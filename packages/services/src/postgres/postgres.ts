import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { readIfExists, writeDurably, storedPort, storedSecret } from '../dataDir/durableFiles';
import { openLog } from '../processes/logFile';
import { findPort } from '../processes/ports';
import { postgresAccount } from './postgresAccount';
import {
  createCluster,
  postgresEnvironment,
  reachable,
  refuseOtherVersion,
} from './postgresCluster';
import { postgresPrograms } from './postgresPrograms';
import { end, identityOf, runsIn } from '../processes/processes';
import type { Part } from '../processes/supervise';

export interface PostgresOptions {
  /** Holds data, port and password of this server. */
  folder: string;
  logFile: string;
  /** Inherited by the server, which keeps the lock on the data folder. */
  lockFd?: number | undefined;
  maxConnections: number;
}

export interface PostgresPart extends Part {
  /** URL of the owner role, for the migrations. */
  url: string;
  /** The role for server and worker, which the migrations create. */
  plainRole: PlainLogin;
  /** Whether it ended because its port was in use. */
  portWasTaken(): boolean;
  /** Creates the database if it is missing. Call it when the server is ready. */
  ensureDatabase(): Promise<void>;
}

/** A role that reads and writes rows and cannot change the schema. */
export interface PlainLogin {
  name: string;
  password: string;
  url: string;
}

const user = 'chasqui';
const plainUser = 'chasqui_app';
const database = 'chasqui';
const host = '127.0.0.1';

/**
 * Prepares an embedded PostgreSQL on loopback. Port and password are stored beside the data, so that addresses
 * survive a restart. Stops a server that an earlier crash left running.
 */
export async function embeddedPostgres(options: PostgresOptions): Promise<PostgresPart> {
  mkdirSync(options.folder, { recursive: true });
  const folder = realpathSync(options.folder);
  const data = path.join(folder, 'data');
  const account = postgresAccount(data);
  const programs = postgresPrograms(account);
  const log = openLog(options.logFile);
  await stopLeftover(data);
  const password = storedSecret(path.join(folder, 'password'));
  createCluster({ programs, account, data, user, password, logFile: options.logFile });
  refuseOtherVersion(programs, data);
  const portFile = path.join(folder, 'port');
  const port = await findPort(host, storedPort(portFile));
  writeDurably(portFile, `${port}\n`);

  const plainPassword = storedSecret(path.join(folder, 'app-password'));
  const url = (name: string) => `postgres://${user}:${password}@${host}:${port}/${name}`;
  const flags = {
    port,
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: options.maxConnections,
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    // Keep user data out of its log: no row values, statements or parameters.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
  };

  const inherited = options.lockFd === undefined ? [] : [options.lockFd];

  return {
    name: 'postgres',
    kind: 'store',
    // Fast shutdown: on SIGTERM it would wait for every client to leave.
    stopSignal: 'SIGINT',
    url: url(database),
    plainRole: {
      name: plainUser,
      password: plainPassword,
      url: `postgres://${plainUser}:${plainPassword}@${host}:${port}/${database}`,
    },
    async spawn() {
      await stopLeftover(data);
      const settings = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      return spawn(path.join(programs, 'bin/postgres'), ['-D', reachable(data), ...settings], {
        ...account,
        cwd: data,
        env: postgresEnvironment,
        detached: true,
        stdio: ['ignore', log.fd, log.fd, ...inherited],
      });
    },
    isReady: () => answers(url('postgres')),
    portWasTaken: () => log.plainLines().some((line) => /address already in use/i.test(line)),
    failureReason: () => `PostgreSQL did not start: ${log.plainLines().at(-1) ?? 'see its log'}`,
    ensureDatabase: () => ensureDatabase(url('postgres')),
  };
}

/** Stops a server that an earlier crash left running on this data, and removes a stale lock file. */
async function stopLeftover(data: string): Promise<void> {
  const lock = path.join(data, 'postmaster.pid');
  const pid = Number(readIfExists(lock)?.split('\n')[0]);
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
    // Set explicitly: otherwise pg reads PGSSLMODE and PGOPTIONS.
    ssl: false,
    options: '-c client_min_messages=warning',
  });
  // Errors after the last answer do not matter here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
