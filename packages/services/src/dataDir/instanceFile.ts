import { linkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OsLock, showsHeartbeat, startHeartbeat, takeOsLock } from './dataDirLock';
import { hasCode, keep, kept } from './keptFiles';
import { partsHolding } from './lockHolders';
import {
  end,
  hasEnded,
  identityOf,
  isAlive,
  type ProcessIdentity,
  processScope,
} from '../processes/processes';
import { StartupError } from '../launcher/startupError';

/** What DATA_DIR/run.json says about the instance that runs on this data folder. */
export interface RunState {
  /** Where the ids of its processes mean something. */
  scope: string;
  /** Whether it has ever been usable since its start. */
  ready: boolean;
  /** Where each server listens; the first is the address that people are told. */
  urls: string[];
  database_url: string;
  redis_url: string;
  /** launcher, watchdog, postgres, redis, server, worker, and server-2 … where there are more. */
  processes: Named[];
}

type Named = { name: string } & ProcessIdentity;

const runFile = (dataDir: string) => path.join(dataDir, 'run.json');
const lockFile = (dataDir: string) => path.join(dataDir, 'launcher.lock');

/** The instance that runs on this data folder now; undefined when there is none. */
export function runningInstance(dataDir: string): RunState | undefined {
  const state = readState(dataDir);
  const launcher = state?.processes.find(({ name }) => name === 'launcher');
  return launcher !== undefined && isOurScope(state) && isAlive(launcher) ? state : undefined;
}

export function writeState(dataDir: string, state: Omit<RunState, 'scope'>): void {
  keep(runFile(dataDir), `${JSON.stringify({ scope: processScope(), ...state }, undefined, 2)}\n`);
}

function readState(dataDir: string): RunState | undefined {
  const text = kept(runFile(dataDir));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as RunState;
  } catch {
    return undefined;
  }
}

/** The data folder is this process' alone, from `claim` until `release`. */
export interface Claim {
  /** Handed to every process that writes below the folder; undefined without locks of the system. */
  fd: number | undefined;
  release(): void;
}

/**
 * Makes this process the only launcher of the data folder, and ends what an earlier one that
 * crashed has left running. @throws StartupError when another launcher is at work there, be it in
 * another container or on another machine.
 */
export async function claim(dataDir: string): Promise<Claim> {
  const osLock = await takeWhenFree(dataDir);
  try {
    const stopHeartbeat =
      osLock === undefined ? await claimByFile(dataDir) : claimByRight(lockFile(dataDir));
    await clearAway(dataDir);
    return {
      fd: osLock?.fd,
      release() {
        stopHeartbeat();
        rmSync(runFile(dataDir), { force: true });
        rmSync(lockFile(dataDir), { force: true });
        osLock?.release();
      },
    };
  } catch (error) {
    osLock?.release();
    throw error;
  }
}

/** Undefined where the system has no such locks. */
async function takeWhenFree(dataDir: string): Promise<OsLock | undefined> {
  const file = path.join(dataDir, 'in-use.lock');
  let lock = takeOsLock(file);
  if (lock === 'taken') {
    refuseIfRunning(dataDir);
    // The launcher is gone and something that it started is not: it is ended, if it can be seen.
    await clearAway(dataDir, { stores: true });
  }
  const began = performance.now();
  while (lock === 'taken' && performance.now() - began < patienceMs(dataDir)) {
    // What was started a moment before the crash is in no record. The lock itself leads to it.
    if (isOfCrashedLauncher(dataDir)) await endAll(partsHolding(file));
    await delay(100);
    refuseIfRunning(dataDir);
    lock = takeOsLock(file);
  }
  if (lock === 'taken') throw usedElsewhere(dataDir);
  return lock === 'unsupported' ? undefined : lock;
}

/** A watchdog of ours may need its whole time; processes that cannot be seen do not end for us. */
function patienceMs(dataDir: string): number {
  return isOfCrashedLauncher(dataDir) ? 20_000 : 2_000;
}

/** Call it only after `refuseIfRunning`. */
function isOfCrashedLauncher(dataDir: string): boolean {
  const holder = holderOf(lockFile(dataDir));
  return holder === undefined || isOurScope(holder);
}

/** With the lock of the system: whatever the file says is of the past. */
function claimByRight(lock: string): () => void {
  keep(lock, JSON.stringify(ourIdentity()));
  return () => undefined;
}

/** Without: the process that creates the file has the folder, and keeps it as long as the file changes. */
async function claimByFile(dataDir: string): Promise<() => void> {
  const lock = lockFile(dataDir);
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(ourIdentity()), { mode: 0o600 });
  try {
    while (!linked(draft, lock)) {
      refuseIfRunning(dataDir);
      if (!isOurScope(holderOf(lock)) && (await showsHeartbeat(lock))) throw usedElsewhere(dataDir);
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return startHeartbeat(lock);
}

function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A process, and where its id means something. */
type Holder = ProcessIdentity & { scope: string };

function ourIdentity(): Holder {
  return { pid: process.pid, startedAt: '', ...identityOf(process.pid), scope: processScope() };
}

function holderOf(lock: string): Holder | undefined {
  const text = kept(lock);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Holder);
  } catch {
    return undefined;
  }
}

const isOurScope = (holder: { scope?: string } | undefined): boolean =>
  holder?.scope === processScope();

function refuseIfRunning(dataDir: string): void {
  const holder = holderOf(lockFile(dataDir));
  if (holder === undefined || !isOurScope(holder) || !isAlive(holder)) return;
  const address = runningInstance(dataDir)?.urls[0];
  throw new StartupError(
    `Chasqui already runs on ${dataDir} (process ${holder.pid}${address ? `, ${address}` : ''}): stop it there first, or set DATA_DIR and PORT.`,
  );
}

function usedElsewhere(dataDir: string): StartupError {
  return new StartupError(
    `${dataDir} is in use by processes that cannot be seen from here, perhaps in another container: stop them first, or set DATA_DIR.`,
  );
}

/**
 * The watchdog of a crashed launcher is given its time; what is alive after that is ended. Stores
 * that hold no lock are left to those who start them again.
 */
async function clearAway(dataDir: string, also = { stores: false }): Promise<void> {
  const state = readState(dataDir);
  if (!isOurScope(state)) return;
  const left = (state?.processes ?? []).filter(({ name }) => name !== 'launcher');
  const watchdog = left.find(({ name }) => name === 'watchdog');
  if (watchdog !== undefined) await hasEnded(watchdog, 12_000);
  const isStore = (name: string): boolean => name === 'postgres' || name === 'redis';
  await endAll(left.filter(({ name }) => !isStore(name)));
  if (also.stores) await endAll(left.filter(({ name }) => isStore(name)));
}

async function endAll(processes: readonly Named[]): Promise<void> {
  await Promise.all(
    processes.map((process) =>
      end(process, [
        // PostgreSQL would wait for its clients on SIGTERM.
        [process.name === 'postgres' ? 'SIGINT' : 'SIGTERM', 5_000],
        [process.name === 'postgres' ? 'SIGQUIT' : 'SIGKILL', 2_000],
        ['SIGKILL', 2_000],
      ]),
    ),
  );
}
