import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasCode } from './durableFiles';
import { StartupError } from '../startupError';

/**
 * Creates the data folder if it is missing, and tests that it can be written to. @throws StartupError with one line
 * that names the cause: no permission, read-only, full, or not a folder.
 */
export function prepareFolder(dataDir: string): void {
  const probe = path.join(dataDir, `.probe-${process.pid}`);
  try {
    createFolders(dataDir);
    writeFileSync(probe, 'x');
    rmSync(probe);
  } catch (error) {
    throw new StartupError(`DATA_DIR ${dataDir} cannot be written to: ${reasonOf(error)}.`);
  }
}

/** Like mkdir with `recursive`, which never returns below /proc, where an existing folder accepts no other. */
function createFolders(folder: string): void {
  if (existsSync(folder)) return;
  createFolders(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

const REASONS: Record<string, string> = {
  EACCES: 'no permission',
  ENOENT: 'no folder can be created there',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'part of the path is not a folder',
  EEXIST: 'it is not a folder',
  ENAMETOOLONG: 'the path is too long',
};

function reasonOf(error: unknown): string {
  const known = Object.keys(REASONS).find((code) => hasCode(error, code));
  return REASONS[known ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

/** PostgreSQL alone opens a few hundred files, and a server one per connection. */
const OPEN_FILES_MIN = 256;

/** @throws StartupError when the shell allows fewer open files than an instance needs. */
export function checkOpenFiles(limits = readLimits()): void {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  if (limit >= OPEN_FILES_MIN) return;
  throw new StartupError(
    `The limit of open files (ulimit -n) is ${limit}, but Chasqui needs at least ${OPEN_FILES_MIN}: raise it.`,
  );
}

/** The limits of this process on Linux; empty on other systems. */
function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
