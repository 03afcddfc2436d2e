import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { keep, kept, keptPort, keptSecret } from '../dataDir/keptFiles';
import { openLog } from '../launcher/logFile';
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
import type { Part } from '../launcher/supervise';

export interface PostgresOptions {
  /** Everything of this server lies below it: data, port, password. */
  folder: string;
  logFile: string;
  /** Kept open by the server, and with it the lock on the data folder. */
  lockFd?: number | undefined;
  maxConnections: number;
}

export interface PostgresPart extends Part {
  /** Of the owner, who migrates. */
  url: string;
  /** Server and worker log in as this role, which the migrations create. */
  plainRole: PlainLogin;
  /** Whether it ended because somebody else listens on its port. */
  portWasTaken(): boolean;
  /** Creates the database if it is missing. Call it once the server is ready. */
  ensureDatabase(): Promise<void>;
}

/** A role that reads and writes rows and changes no schema. */
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
  createCluster({ programs, account, data, user, password, logFile: options.logFile });
  refuseOtherVersion(programs, data);
  const portFile = path.join(folder, 'port');
  const port = await findPort(host, keptPort(portFile));
  keep(portFile, `${port}\n`);

  const plainPassword = keptSecret(path.join(folder, 'app-password'));
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
    complaint: () => `PostgreSQL did not start: ${log.plainLines().at(-1) ?? 'no reason given'}`,
    ensureDatabase: () => ensureDatabase(url('postgres')),
  };
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
