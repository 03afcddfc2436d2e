import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guard, Ward } from './guard';
import { end, identityOf, isAlive, type ProcessIdentity } from './processes';
import { StartupError } from '../startupError';

/** A process that must run as long as the instance does. */
export interface Part {
  name: string;
  kind: Ward['kind'];
  /** The signal for an orderly shutdown. */
  stopSignal: NodeJS.Signals;
  /** Starts the process. Also called after a crash, so it cleans up first. */
  spawn(): Promise<ChildProcess>;
  isReady(): Promise<boolean>;
  /** Why the process failed to start, for the terminal. */
  failureReason(): string;
}

export interface SupervisedPart {
  readonly name: string;
  identity(): ProcessIdentity | undefined;
  /** Resolves when it is ready. @throws StartupError when it ends first. */
  start(): Promise<void>;
  /** Stops it gracefully and starts it again. Restarts run one after the other. */
  restart(): Promise<void>;
  /** Stops it within `graceMs`, gracefully if possible. No process is left. */
  stop(graceMs: number): Promise<void>;
}

export interface SupervisionContext {
  guard: Guard;
  say(line: string): void;
  /** Called when a process id has changed. */
  changed(): void;
  /** Whether the instance is stopping, so nothing may be started any more. */
  isOver(): boolean;
}

// A store may first have to recover from a crash, which can take long.
const readyWithinMs = { app: 60_000, store: 600_000 };
const steadyAfterMs = 30_000;
const longestPauseMs = 5_000;

const interrupted = () => new StartupError('Interrupted.');

interface Running {
  identity: ProcessIdentity;
  /** Whether it has been ready. If it ends earlier, the start has failed; later, it has crashed. */
  isUp: boolean;
  /** Whether the launcher asked it to stop. */
  dismissed: boolean;
}

/** Keeps a part running: restarts it when it ends, at first immediately and then with growing pauses. */
export function supervise(
  part: Part,
  { guard, say, changed, isOver }: SupervisionContext,
): SupervisedPart {
  let current: Running | undefined;
  let wanted = false;
  let failures = 0;
  let reviving: Promise<void> = Promise.resolve();
  let restarting: Promise<void> = Promise.resolve();

  async function open(): Promise<void> {
    const child = await part.spawn();
    // Without a process id, the start has failed, and 'error' follows.
    if (child.pid === undefined) {
      throw await new Promise<Error>((resolve) => child.once('error', resolve));
    }
    child.on('error', () => undefined);
    const identity = identityOf(child.pid) ?? { pid: child.pid, startedAt: '' };
    const opened: Running = { identity, isUp: false, dismissed: false };
    current = opened;
    if (!wanted) return end(identity, [['SIGKILL', 2_000]]);
    guard.watch({ ...identity, kind: part.kind, signal: part.stopSignal });
    const since = Date.now();
    child.once('exit', (code, signal) => {
      guard.forget(identity.pid);
      if (current === opened) current = undefined;
      changed();
      if (!opened.isUp || opened.dismissed) return;
      if (Date.now() - since > steadyAfterMs) failures = 0;
      reviving = revive(signal ?? `exit code ${code ?? 'unknown'}`);
    });
    changed();
    await readiness(identity);
    // It may have ended since that answer.
    if (!isAlive(identity) && wanted) throw new StartupError(part.failureReason());
    opened.isUp = true;
  }

  async function readiness(identity: ProcessIdentity): Promise<void> {
    const withinMs = readyWithinMs[part.kind];
    const deadline = Date.now() + withinMs;
    while (!(await part.isReady())) {
      if (!wanted) throw interrupted();
      if (!isAlive(identity)) throw new StartupError(part.failureReason());
      if (Date.now() > deadline) {
        throw new StartupError(`${part.name} is not ready after ${withinMs / 1000} s.`);
      }
      await delay(25);
    }
  }

  async function revive(reason: string): Promise<void> {
    say(`${part.name} ended unexpectedly (${reason}); restarting it`);
    const since = Date.now();
    while (wanted) {
      if (failures > 0) await pause(Math.min(100 * 2 ** failures, longestPauseMs));
      failures += 1;
      if (!wanted) return;
      try {
        await open();
        say(`${part.name} is back after ${((Date.now() - since) / 1000).toFixed(1)} s`);
        return;
      } catch {
        // Its log has the reason. Kill it if it is still running but not ready.
        if (current !== undefined) await end(current.identity, [['SIGKILL', 2_000]]);
        if (failures % 10 === 0) say(`${part.name} still fails to start: ${part.failureReason()}`);
      }
    }
  }

  /** Waits, unless the part is stopped meanwhile. */
  async function pause(durationMs: number): Promise<void> {
    const until = Date.now() + durationMs;
    while (wanted && Date.now() < until) await delay(50);
  }

  async function close(graceMs: number): Promise<void> {
    wanted = false;
    if (current !== undefined) {
      current.dismissed = true;
      await end(current.identity, [
        [part.stopSignal, graceMs],
        [part.kind === 'store' ? 'SIGQUIT' : 'SIGKILL', 300],
        ['SIGKILL', 500],
      ]);
    }
    await reviving;
  }

  async function start(): Promise<void> {
    wanted = !isOver();
    if (!wanted) throw interrupted();
    await open();
  }

  return {
    name: part.name,
    identity: () => current?.identity,
    start,
    restart() {
      const restarted = restarting.then(async () => {
        await close(10_500);
        await start();
      });
      // A failed restart must not prevent the next one.
      restarting = restarted.catch(() => undefined);
      return restarted;
    },
    stop: close,
  };
}
