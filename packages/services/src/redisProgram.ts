import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { StartupError } from './startupError';

/** A Redis server that runs on this machine. */
export interface RedisProgram {
  command: string;
  /** What it needs in its environment beside ours. */
  env: Record<string, string>;
}

const names = ['redis-server', 'valkey-server'];

/**
 * Looks for a Redis server and fetches one if there is none: on Debian and its relatives into
 * `cache`, without being root and without changing the system; else from the system's packages.
 * @throws StartupError that says what to install.
 */
export function redisProgram(cache: string, say: (line: string) => void): RedisProgram {
  const known = onThePath() ?? unpackedIn(cache);
  if (known !== undefined) return known;
  if (has('apt-get') && has('dpkg')) {
    say('fetching redis-server, because this machine has none');
    fetchDebianPackages(cache);
    const fetched = unpackedIn(cache);
    if (fetched !== undefined) return fetched;
    if (process.getuid?.() === 0) {
      attempt('apt-get', ['update']);
      attempt('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server']);
    }
  } else if (has('brew')) {
    say('installing redis with brew, because this machine has none');
    attempt('brew', ['install', 'redis']);
  }
  const installed = onThePath();
  if (installed !== undefined) return installed;
  throw new StartupError(
    'There is no Redis on this machine and none could be fetched: install redis-server (or valkey-server), or set REDIS_URL.',
  );
}

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
  const command = path.join(cache, 'usr/bin/redis-server');
  if (!existsSync(command)) return undefined;
  const libraries = path.join(cache, 'usr/lib');
  const folders = [libraries, ...readdirSync(libraries).map((name) => path.join(libraries, name))];
  const program = { command, env: { LD_LIBRARY_PATH: folders.join(':') } };
  return runs(program) ? program : undefined;
}

function runs({ command, env }: RedisProgram): boolean {
  return spawnSync(command, ['--version'], { env: { ...process.env, ...env } }).status === 0;
}

/** Downloads redis-server with the libraries that are missing here, and unpacks them in `cache`. */
function fetchDebianPackages(cache: string): void {
  mkdirSync(path.dirname(cache), { recursive: true });
  const draft = mkdtempSync(`${cache}-`);
  try {
    if (!download(draft, [])) {
      // No package lists yet, as in a fresh container: fetch them into a folder of our own.
      const lists = path.join(draft, 'apt');
      mkdirSync(path.join(lists, 'lists/partial'), { recursive: true });
      mkdirSync(path.join(lists, 'cache/archives/partial'), { recursive: true });
      const own = [
        ...['-o', `Dir::State::Lists=${lists}/lists`, '-o', `Dir::Cache=${lists}/cache`],
        ...['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root'],
      ];
      attempt('apt-get', [...own, 'update']);
      if (!download(draft, own)) return;
      rmSync(lists, { recursive: true, force: true });
    }
    for (const file of readdirSync(draft).filter((name) => name.endsWith('.deb'))) {
      attempt('dpkg', ['-x', path.join(draft, file), draft]);
      rmSync(path.join(draft, file));
    }
    rmSync(cache, { recursive: true, force: true });
    renameSync(draft, cache);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const usualPackages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

function download(folder: string, options: readonly string[]): boolean {
  const asked = spawnSync(
    'apt-get',
    [
      ...[...options, '-o', 'Debug::NoLocking=1'],
      ...['install', '--print-uris', '-y', '-qq', '--no-install-recommends', 'redis-server'],
    ],
    { encoding: 'utf8' },
  );
  const needed = asked.stdout
    .split('\n')
    .map((line) => /' ([^_ ]+)_/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  const packages = needed.length > 0 ? needed : usualPackages;
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  return attempt('apt-get', [...options, ...sandbox, 'download', ...packages], folder);
}

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function attempt(command: string, args: readonly string[], cwd?: string): boolean {
  return spawnSync(command, args, { cwd, stdio: 'ignore', timeout: 120_000 }).status === 0;
}
