import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes a file whole or not at all, readable by its owner only. */
export function keep(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
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
