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
 * Writes a file readable by its owner only. After a crash or a power cut, the file has either its old content
 * or all of the new one. One process at a time writes a file.
 */
export function keep(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  // Always the same name, so that a draft that a crash left behind is overwritten by the next one.
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

/** Renames within a folder. When it returns, a power cut no longer undoes it. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(path.dirname(to));
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems cannot sync folders; they order these changes by themselves.
  } finally {
    closeSync(fd);
  }
}

/** The content of a kept file; undefined when there is none. */
export function kept(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A secret that is generated once and stays the same as long as its file is there. */
export function keptSecret(file: string): string {
  const known = kept(file)?.trim();
  if (known !== undefined && known !== '') return known;
  const secret = randomBytes(48).toString('base64url');
  keep(file, `${secret}\n`);
  return secret;
}

/** A port that was used last time, if there was one. */
export function keptPort(file: string): number | undefined {
  const port = Number(kept(file));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Whether an error is the system's, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
