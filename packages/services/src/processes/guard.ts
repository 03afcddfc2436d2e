import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { hasEnded, identityOf, type ProcessIdentity } from './processes';

/** A process that must not outlive the launcher. */
export interface Ward extends ProcessIdentity {
  /** Apps are stopped before the stores that they use. */
  kind: 'app' | 'store';
  signal: NodeJS.Signals;
}

export type GuardMessage =
  | { type: 'watch'; ward: Ward }
  | { type: 'forget'; pid: number }
  | { type: 'remove'; folder: string };

export interface Guard {
  /** The watchdog's process. */
  identity(): ProcessIdentity | undefined;
  watch(ward: Ward): void;
  forget(pid: number): void;
  /** Called when a killed watchdog has been replaced. */
  onReplaced(listener: () => void): void;
  /** Deletes a folder once everything has stopped, for throwaway instances. */
  removeAfterwards(folder: string): void;
  /** Closes the pipe: the watchdog stops everything that it still watches. Resolves when it is gone. */
  release(): Promise<void>;
}

// The watchdog is a separate program, so this is the compiled file, also under Jest.
const program = path.resolve(__dirname, '../../dist/processes/watchdog.js');

/**
 * Starts a watchdog: a process in its own session that holds the other end of a pipe to the launcher. When the
 * launcher is gone, for whatever reason, the pipe closes and the watchdog stops every process that it watches. It is
 * replaced if it is killed. It keeps `lockFd` open, and with it the lock on the data folder, until everything has
 * stopped.
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
      for (const ward of wards.values()) send({ type: 'watch', ward });
      for (const folder of folders) send({ type: 'remove', folder });
      replaced();
    });
    return child;
  }

  function send(message: GuardMessage): void {
    watchdog.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  return {
    identity: () => (watchdog.pid === undefined ? undefined : identityOf(watchdog.pid)),
    watch(ward) {
      wards.set(ward.pid, ward);
      send({ type: 'watch', ward });
    },
    forget(pid) {
      if (wards.delete(pid)) send({ type: 'forget', pid });
    },
    onReplaced(listener) {
      replaced = listener;
    },
    removeAfterwards(folder) {
      folders.add(folder);
      send({ type: 'remove', folder });
    },
    async release() {
      released = true;
      const identity = watchdog.pid === undefined ? undefined : identityOf(watchdog.pid);
      watchdog.stdin?.end();
      if (identity !== undefined) await hasEnded(identity, 12_000);
    },
  };
}
