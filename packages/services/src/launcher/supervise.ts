import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guard, Ward } from '../processes/guard';
import { end, identityOf, isAlive, type ProcessIdentity } from '../processes/processes';
import { StartupError } from './startupError';

/** One process that has to be there as long as the instance is. */
export interface Part {
  name: string;
  kind: Ward['kind'];
  /** What asks it to end in good order. */
  stopSignal: NodeJS.Signals;
  /** Starts the process. Also called after a crash, so it clears away what a crash leaves. */
  spawn(): Promise<ChildProcess>;
  isReady(): Promise<boolean>;
  /** What the process said when it failed to start, for the person at the terminal. */
  complaint(): string;
}

export interface SupervisedPart {
  readonly name: string;
  identity(): ProcessIdentity | undefined;
  /** Resolves when it is ready. @throws StartupError when it ends before that. */
  start(): Promise<void>;
  /** Ends it gently and starts it again, one restart after the other. */
  restart(): Promise<void>;
  /** Ends it within `graceMs`, gently if possible. Nothing is left of it afterwards. */
  stop(graceMs: number): Promise<void>;
}

export interface Surroundings {
  guard: Guard;
  say(line: string): void;
  /** Called whenever a process id has changed. */
  changed(): void;
  /** Whether everything is being stopped, so that nothing may be started any more. */
  isOver(): boolean;
}

// A store may have to recover from a crash first, and that takes as long as there is to recover.
const readyWithinMs = { app: 60_000, store: 600_000 };
const steadyAfterMs = 30_000;
const longestPauseMs = 5_000;

const interrupted = () => new StartupError('Interrupted.');

interface Running {
  identity: ProcessIdentity;
  /** Whether it has been ready: before that its end is a failed start and not a crash. */
  isUp: boolean;
  /** Whether it was us who asked it to end. */
  dismissed: boolean;
}

/** Keeps a part running: when it dies it is started again, at once and then ever more slowly. */
export function supervise(
  part: Part,
  { guard, say, changed, isOver }: Surroundings,
): SupervisedPart {
  let current: Running | undefined;
  let wanted = false;
  let failures = 0;
  let reviving: Promise<void> = Promise.resolve();
  let restarting: Promise<void> = Promise.resolve();

  async function open(): Promise<void> {
    const child = await part.spawn();
    // Without a process id the start has failed; 'error' says why.
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
    // It may have ended between the answer and now.
    if (!isAlive(identity) && wanted) throw new StartupError(part.complaint());
    opened.isUp = true;
  }

  async function readiness(identity: ProcessIdentity): Promise<void> {
    const withinMs = readyWithinMs[part.kind];
    const deadline = Date.now() + withinMs;
    while (!(await part.isReady())) {
      if (!wanted) throw interrupted();
      if (!isAlive(identity)) throw new StartupError(part.complaint());
      if (Date.now() > deadline) {
        throw new StartupError(`${part.name} is not ready after ${withinMs / 1000} s.`);
      }
      await delay(25);
    }
  }

  async function revive(reason: string): Promise<void> {
    say(`${part.name} ended unexpectedly (${reason}); starting it again`);
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
        // Its log has the reason; a process that is not ready in time must not stand in the way.
        if (current !== undefined) await end(current.identity, [['SIGKILL', 2_000]]);
        if (failures % 10 === 0) say(`${part.name} does not come up: ${part.complaint()}`);
      }
    }
  }

  /** Waits, but no longer than the part is wanted. */
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
      // A restart that failed must not keep the next from being tried.
      restarting = restarted.catch(() => undefined);
      return restarted;
    },
    stop: close,
  };
}
