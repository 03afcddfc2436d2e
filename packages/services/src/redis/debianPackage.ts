import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Downloads a Debian or Ubuntu package with its missing libraries and unpacks them into `cache`, without root and
 * without changing the system. `usual` lists the packages to take when apt cannot resolve them. Leaves `cache`
 * unchanged on failure; callers check whether the program exists.
 */
export function fetchDebianPackage(cache: string, name: string, usual: readonly string[]): void {
  mkdirSync(path.dirname(cache), { recursive: true });
  const draft = mkdtempSync(`${cache}-`);
  try {
    if (!download(draft, [], name, usual)) {
      // No package lists yet, as in a fresh container: fetch them into a private folder.
      const lists = path.join(draft, 'apt');
      mkdirSync(path.join(lists, 'lists/partial'), { recursive: true });
      mkdirSync(path.join(lists, 'cache/archives/partial'), { recursive: true });
      const own = [
        ...['-o', `Dir::State::Lists=${lists}/lists`, '-o', `Dir::Cache=${lists}/cache`],
        ...['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root'],
      ];
      attempt('apt-get', [...own, 'update']);
      if (!download(draft, own, name, usual)) return;
      rmSync(lists, { recursive: true, force: true });
    }
    for (const file of readdirSync(draft).filter((each) => each.endsWith('.deb'))) {
      attempt('dpkg', ['-x', path.join(draft, file), draft]);
      rmSync(path.join(draft, file));
    }
    rmSync(cache, { recursive: true, force: true });
    renameSync(draft, cache);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Returns the environment in which a program finds the libraries that were unpacked with it. */
export function unpackedEnvironment(cache: string): { LD_LIBRARY_PATH: string } {
  const libraries = path.join(cache, 'usr/lib');
  if (!existsSync(libraries)) return { LD_LIBRARY_PATH: '' };
  // Some libraries keep private ones in subfolders of /usr/lib.
  const folders = readdirSync(libraries, { recursive: true, withFileTypes: true })
    .filter((entry) => /\.so(\.\d+)*$/.test(entry.name))
    .map((entry) => entry.parentPath);
  return { LD_LIBRARY_PATH: [...new Set(folders)].join(':') };
}

function download(
  folder: string,
  options: readonly string[],
  name: string,
  usual: readonly string[],
): boolean {
  // apt skips packages that it has downloaded before, so hide the machine's own archives.
  const archives = path.join(folder, 'archives');
  mkdirSync(path.join(archives, 'partial'), { recursive: true });
  const asked = spawnSync(
    'apt-get',
    [
      ...[...options, '-o', 'Debug::NoLocking=1', '-o', `Dir::Cache::archives=${archives}`],
      ...['install', '--print-uris', '-y', '-qq', '--no-install-recommends', name],
    ],
    { encoding: 'utf8' },
  );
  rmSync(archives, { recursive: true, force: true });
  const needed = asked.stdout
    .split('\n')
    .map((line) => /' ([^_ ]+)_/.exec(line)?.[1])
    .filter((each) => each !== undefined);
  const packages = needed.length > 0 ? needed : usual;
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  return attempt('apt-get', [...options, ...sandbox, 'download', ...packages], folder);
}

/** Whether the command exists. */
export function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Runs a command, two minutes at most. Returns whether it succeeded. */
export function attempt(command: string, args: readonly string[], cwd?: string): boolean {
  return spawnSync(command, args, { cwd, stdio: 'ignore', timeout: 120_000 }).status === 0;
}
