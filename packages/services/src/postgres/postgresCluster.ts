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
import { renameDurably } from '../dataDir/durableFiles';
import type { Account } from './postgresAccount';
import { StartupError } from '../startupError';

export const postgresEnvironment = { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };

/**
 * The path through which PostgreSQL reaches its data. On Linux PostgreSQL starts in that folder and uses its working
 * directory, so it also works below folders that its account cannot enter.
 */
export function reachable(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

export interface Cluster {
  programs: string;
  account: Account | undefined;
  /** The data folder. It appears complete or not at all. */
  data: string;
  user: string;
  password: string;
  logFile: string;
}

/**
 * Creates the data folder of a PostgreSQL. If the process is killed, the next call starts over or finds the complete
 * folder. A second call does nothing. @throws StartupError with the output of initdb.
 */
export function createCluster(cluster: Cluster): void {
  const { data } = cluster;
  removeDrafts(data);
  if (existsSync(path.join(data, 'PG_VERSION'))) return;
  // A new name each time: the initdb of a killed start may still be writing to the old draft.
  const setup = mkdtempSync(`${data}.setup-`);
  try {
    const draft = path.join(setup, 'data');
    mkdirSync(draft, { mode: 0o700 });
    initialise(cluster, setup, draft);
    // initdb has synced the files; the folder's name must be durable too before PostgreSQL acknowledges anything.
    renameDurably(draft, data);
  } finally {
    rmSync(setup, { recursive: true, force: true });
  }
}

/** Deletes the drafts of killed starts. A draft that cannot be deleted yet does no harm. */
function removeDrafts(data: string): void {
  const parent = path.dirname(data);
  const base = path.basename(data);
  // Earlier releases used the last two names.
  const isDraft = (name: string): boolean =>
    name.startsWith(`${base}.setup-`) || name.startsWith('setup-') || name === `${base}.new`;
  for (const name of readdirSync(parent).filter(isDraft)) {
    try {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    } catch {
      // An initdb that outlived its launcher is still writing. The next start deletes the draft.
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
    // Like the data, reached through the process, so that the folder need not be open to its account.
    const pwfile = onLinux ? '/proc/self/fd/3' : passwordFile;
    const made = spawnSync(
      path.join(programs, 'bin/initdb'),
      [
        ...['-D', reachable(draft), '-U', user, '-A', 'scram-sha-256', `--pwfile=${pwfile}`],
        ...['--encoding=UTF8', `--locale=${onLinux ? 'C.UTF-8' : 'C'}`],
        // The same collation on every platform.
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
      throw new StartupError(
        `PostgreSQL could not create its data folder: ${reason.split('\n').at(-1)}`,
      );
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
      `The data in ${data} belongs to PostgreSQL ${found}, but this is ${ours}: dump it with ${found} and restore it here.`,
    );
  }
}
