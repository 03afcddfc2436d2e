import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { hasEnded, identityOf, type ProcessIdentity } from './processes';

/** What the watchdog is told about a process that must not outlive us. */
export interface Ward extends ProcessIdentity {
  /** Apps end before the stores that they use. */
  kind: 'app' | 'store';
  signal: NodeJS.Signals;
}

export type GuardMessage =
  | { type: 'watch'; ward: Ward }
  | { type: 'forget'; pid: number }
  | { type: 'remove'; folder: string };

export interface Guard {
  /** The watchdog itself. */
  identity(): ProcessIdentity | undefined;
  watch(ward: Ward): void;
  forget(pid: number): void;
  /** Called when another watchdog has taken the place of one that was killed. */
  onReplaced(listener: () => void): void;
  /** A folder to delete once everything has ended, for instances that are thrown away. */
  removeAfterwards(folder: string): void;
  /** Lets the watchdog finish: it ends what is still watched. Resolves when it is gone. */
  release(): Promise<void>;
}

// The watchdog is a program, and so it is always the compiled file, also below Jest.
const program = path.resolve(__dirname, '../../dist/processes/watchdog.js');

/**
 * Starts a watchdog: a process in a session of its own that holds the other end of a pipe to us.
 * When we are gone, however that came about, the pipe closes and it ends every process it was told
 * to watch. It is started again should somebody kill it. It keeps `lockFd` open, and with it a lock
 * of the operating system, until it has ended what it watches.
 */
export function startGuard(lockFd?: number): Guard {
  const wards = new Map<number, Ward>();
  const folders = new Set<string>();
  let replaced: () => void = () => undefined;
  let released = false;
  let watchdog = open();

  function open(): ChildProcess {
    const child = spawn(process.execPath, [program], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', ...(lockFd === undefined ? [] : [lockFd])],
    });
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    child.on('exit', () => {
      if (released) return;
      watchdog = open();
      for (const ward of wards.values()) tell({ type: 'watch', ward });
      for (const folder of folders) tell({ type: 'remove', folder });
      replaced();
    });
    return child;
  }

  function tell(message: GuardMessage): void {
    watchdog.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  return {
    identity: () => (watchdog.pid === undefined ? undefined : identityOf(watchdog.pid)),
    watch(ward) {
      wards.set(ward.pid, ward);
      tell({ type: 'watch', ward });
    },
    forget(pid) {
      if (wards.delete(pid)) tell({ type: 'forget', pid });
    },
    onReplaced(listener) {
      replaced = listener;
    },
    removeAfterwards(folder) {
      folders.add(folder);
      tell({ type: 'remove', folder });
    },
    async release() {
      released = true;
      const identity = watchdog.pid === undefined ? undefined : identityOf(watchdog.pid);
      watchdog.stdin?.end();
      if (identity !== undefined) await hasEnded(identity, 12_000);
    },
  };
}
