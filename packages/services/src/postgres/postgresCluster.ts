import { spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { renameDurably } from '../dataDir/keptFiles';
import type { Account } from './postgresAccount';
import { StartupError } from '../launcher/startupError';

export const postgresEnvironment = { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };

/**
 * The path by which PostgreSQL reaches its data. On Linux PostgreSQL is started in that folder and reaches it
 * through itself, so that it works below folders that are closed to the account it runs as.
 */
export function reachable(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

export interface Cluster {
  programs: string;
  account: Account | undefined;
  /** The data folder, which appears complete or not at all. */
  data: string;
  user: string;
  password: string;
  logFile: string;
}

/**
 * Sets up the data folder of a PostgreSQL. Whenever the process is killed, the next call starts over or finds the
 * complete folder. A second call does nothing. @throws StartupError with what initdb said.
 */
export function createCluster(cluster: Cluster): void {
  const { data } = cluster;
  removeDrafts(data);
  if (existsSync(path.join(data, 'PG_VERSION'))) return;
  // The name is new each time: the initdb of a start that was killed may still write to the old draft.
  const setup = mkdtempSync(`${data}.setup-`);
  try {
    const draft = path.join(setup, 'data');
    mkdirSync(draft, { mode: 0o700 });
    initialise(cluster, setup, draft);
    // initdb has synced the files. PostgreSQL acknowledges nothing before the name of their folder is durable too.
    renameDurably(draft, data);
  } finally {
    rmSync(setup, { recursive: true, force: true });
  }
}

/** Deletes what killed starts left. What cannot be deleted yet is in nobody's way. */
function removeDrafts(data: string): void {
  const parent = path.dirname(data);
  const base = path.basename(data);
  // The last two are what earlier releases called theirs.
  const isDraft = (name: string): boolean =>
    name.startsWith(`${base}.setup-`) || name.startsWith('setup-') || name === `${base}.new`;
  for (const name of readdirSync(parent).filter(isDraft)) {
    try {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    } catch {
      // An initdb that outlived its launcher is still adding files. The next start deletes them.
    }
  }
}

function initialise(cluster: Cluster, setup: string, draft: string): void {
  const { programs, account, user, password, logFile } = cluster;
  const passwordFile = path.join(setup, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const passwordFd = openSync(passwordFile, 'r');
  try {
    for (const file of account ? [draft, setup, passwordFile] : []) {
      chownSync(file, account?.uid ?? 0, account?.gid ?? 0);
    }
    const onLinux = process.platform === 'linux';
    // Like the data: reached through the process itself, also when the folder is closed to its account.
    const pwfile = onLinux ? '/proc/self/fd/3' : passwordFile;
    const made = spawnSync(
      path.join(programs, 'bin/initdb'),
      [
        ...['-D', reachable(draft), '-U', user, '-A', 'scram-sha-256', `--pwfile=${pwfile}`],
        ...['--encoding=UTF8', `--locale=${onLinux ? 'C.UTF-8' : 'C'}`],
        // The same order of text on every platform.
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
      ],
      {
        ...account,
        cwd: draft,
        env: postgresEnvironment,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe', passwordFd],
      },
    );
    if (made.status !== 0) {
      const reason = made.error?.message ?? made.stderr.trim();
      writeFileSync(logFile, `${made.stdout ?? ''}${reason}\n`, { flag: 'a', mode: 0o600 });
      throw new StartupError(`PostgreSQL could not set up its data: ${reason.split('\n').at(-1)}`);
    }
  } finally {
    closeSync(passwordFd);
  }
}

/** @throws StartupError when the data belongs to another major version of PostgreSQL. */
export function refuseOtherVersion(programs: string, data: string): void {
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
