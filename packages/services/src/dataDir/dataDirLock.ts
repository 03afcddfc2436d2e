import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A lock of the operating system on an open file. It belongs to the file descriptor: it lasts until
 * the last process that has the descriptor is gone, however that process ends, and whichever
 * container it runs in. No process id is recorded that could belong to somebody else later.
 */
export interface OsLock {
  /** To be handed to every process that writes below the data folder. */
  fd: number;
  release(): void;
}

/**
 * `flock(1)` locks the descriptor that it inherits from us and ends; the lock stays with ours.
 * 'unsupported' where there is no such program, as on macOS, or the file system knows no locks.
 */
export function takeOsLock(file: string): OsLock | 'taken' | 'unsupported' {
  const fd = openSync(file, 'a', 0o600);
  const locked = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: { PATH: process.env.PATH },
  });
  if (locked.status === 0) return { fd, release: () => closeSync(fd) };
  closeSync(fd);
  return locked.status === 1 ? 'taken' : 'unsupported';
}

const BEAT_MS = 1_000;
const SILENT_MS = 6_000;

/** Shows that the holder of this lock file lives, for those who cannot see its process. */
export function startHeartbeat(file: string): () => void {
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // The folder is full, read-only or gone; the stores say so themselves.
    }
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Watches the file for six seconds. Compares two of its own times with each other, so it does not
 * matter whether its clock is the one of this machine.
 */
export async function showsHeartbeat(file: string): Promise<boolean> {
  const before = modifiedAt(file);
  const deadline = performance.now() + SILENT_MS;
  while (performance.now() < deadline) {
    if (modifiedAt(file) !== before) return true;
    await delay(200);
  }
  return false;
}

function modifiedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
