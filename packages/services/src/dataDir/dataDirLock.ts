import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A lock of the operating system on an open file. It belongs to the file descriptor and lasts until the last process
 * that holds the descriptor is gone, however that process ends and whichever container it runs in. No process id is
 * recorded that another process could reuse.
 */
export interface OsLock {
  /** Pass it to every process that writes below the data folder. */
  fd: number;
  release(): void;
}

/**
 * `flock(1)` locks the inherited descriptor and exits; the lock stays with this process. Returns 'unsupported' where
 * the program is missing, as on macOS, or the file system has no locks.
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

/** Touches the lock file to show processes outside this container that its holder is alive. */
export function startHeartbeat(file: string): () => void {
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // The folder is full, read-only or gone; the stores report that themselves.
    }
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Watches the file for six seconds and returns whether its time changes. Compares only times of the file, so the
 * clock of its writer does not matter.
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
