import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Writes a file that only its owner can read. After a crash or a power cut, the file has either its old content or
 * all of the new. Only one process at a time may write a file.
 */
export function writeDurably(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  // A fixed name, so the next write replaces a draft that a crash left behind.
  const draft = `${file}.draft`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    fchmodSync(fd, 0o600);
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameDurably(draft, file);
}

/** Renames within a folder. Durable against a power cut when it returns. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(path.dirname(to));
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems cannot sync folders; they order these changes themselves.
  } finally {
    closeSync(fd);
  }
}

/** Returns the content of a file; undefined when it does not exist. */
export function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Returns a secret that is generated once and stays the same as long as its file exists. */
export function storedSecret(file: string): string {
  const known = readIfExists(file)?.trim();
  if (known !== undefined && known !== '') return known;
  const secret = randomBytes(48).toString('base64url');
  writeDurably(file, `${secret}\n`);
  return secret;
}

/** Returns the port of the last run, if any. */
export function storedPort(file: string): number | undefined {
  const port = Number(readIfExists(file));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Whether this is a system error with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
