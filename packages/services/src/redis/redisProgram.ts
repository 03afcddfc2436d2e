import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { attempt, fetchDebianPackage, has, unpackedEnvironment } from './debianPackage';
import { StartupError } from '../startupError';

/** A Redis server program that runs on this machine. */
export interface RedisProgram {
  command: string;
  /** Additional environment variables. */
  env: Record<string, string>;
}

const names = ['redis-server', 'valkey-server'];
const USUAL_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

/**
 * Finds a Redis server, or fetches one: on Debian and Ubuntu into `cache`, without root and without changing the
 * system; otherwise from the system's packages. @throws StartupError that names what to install.
 */
export function redisProgram(cache: string, say: (line: string) => void): RedisProgram {
  const installedBefore = onThePath();
  if (installedBefore !== undefined) return installedBefore;
  const kept = unpackedIn(cache);
  if (kept !== undefined) {
    const notice = noticeOfAge(cache, Date.now());
    if (notice !== undefined) say(notice);
    return kept;
  }
  if (has('apt-get') && has('dpkg')) {
    say('fetching redis-server, which is not installed on this machine');
    fetchDebianPackage(cache, 'redis-server', USUAL_PACKAGES);
    const fetched = unpackedIn(cache);
    if (fetched !== undefined) return fetched;
    if (process.getuid?.() === 0) {
      attempt('apt-get', ['update']);
      attempt('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server']);
    }
  } else if (has('brew')) {
    say('installing redis with brew');
    attempt('brew', ['install', 'redis']);
  }
  const installed = onThePath();
  if (installed !== undefined) return installed;
  throw new StartupError(
    'Redis is not installed and could not be fetched: install redis-server or valkey-server, or set REDIS_URL.',
  );
}

const DAY_MS = 86_400_000;
const OLD_DAYS = 90;

/**
 * A notice when the fetched copy has missed months of security updates, because nothing updates it. `now`: ms since
 * 1970.
 */
export function noticeOfAge(cache: string, now: number): string | undefined {
  const days = Math.floor((now - statSync(commandIn(cache)).ctimeMs) / DAY_MS);
  if (days < OLD_DAYS) return undefined;
  return `the fetched redis-server is ${days} days old: delete ${cache} to fetch the current one`;
}

const commandIn = (cache: string): string => path.join(cache, 'usr/bin/redis-server');

function onThePath(): RedisProgram | undefined {
  const usual = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...usual];
  for (const folder of folders.filter((each) => path.isAbsolute(each))) {
    for (const name of names) {
      const program = { command: path.join(folder, name), env: {} };
      if (existsSync(program.command) && runs(program)) return program;
    }
  }
  return undefined;
}

function unpackedIn(cache: string): RedisProgram | undefined {
  const command = commandIn(cache);
  if (!existsSync(command)) return undefined;
  const program = { command, env: unpackedEnvironment(cache) };
  return runs(program) ? program : undefined;
}

function runs({ command, env }: RedisProgram): boolean {
  return spawnSync(command, ['--version'], { env: { ...process.env, ...env } }).status === 0;
}
