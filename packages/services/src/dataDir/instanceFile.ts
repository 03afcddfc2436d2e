import { linkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OsLock, showsHeartbeat, startHeartbeat, takeOsLock } from './dataDirLock';
import { hasCode, readIfExists, writeDurably } from './durableFiles';
import { partsHolding } from './lockHolders';
import {
  end,
  hasEnded,
  identityOf,
  isAlive,
  type ProcessIdentity,
  processScope,
} from '../processes/processes';
import { StartupError } from '../startupError';

/** Content of DATA_DIR/run.json: the instance that runs on this data folder. */
export interface RunState {
  /** The scope in which its process ids are valid. */
  scope: string;
  /** Whether it has been ready since its start. */
  ready: boolean;
  /** Address of each server; the first is the public one. */
  urls: string[];
  database_url: string;
  redis_url: string;
  /** launcher, watchdog, postgres, redis, server, worker, and server-2 … with several servers. */
  processes: Named[];
}

type Named = { name: string } & ProcessIdentity;

const runFile = (dataDir: string) => path.join(dataDir, 'run.json');
const lockFile = (dataDir: string) => path.join(dataDir, 'launcher.lock');

/** Returns the running instance of this data folder; undefined when there is none. */
export function runningInstance(dataDir: string): RunState | undefined {
  const state = readState(dataDir);
  const launcher = state?.processes.find(({ name }) => name === 'launcher');
  return launcher !== undefined && isOurScope(state) && isAlive(launcher) ? state : undefined;
}

export function writeState(dataDir: string, state: Omit<RunState, 'scope'>): void {
  writeDurably(
    runFile(dataDir),
    `${JSON.stringify({ scope: processScope(), ...state }, undefined, 2)}\n`,
  );
}

function readState(dataDir: string): RunState | undefined {
  const text = readIfExists(runFile(dataDir));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as RunState;
  } catch {
    return undefined;
  }
}

/** Exclusive use of the data folder, from `claim` until `release`. */
export interface Claim {
  /** Pass it to every process that writes below the folder; undefined without operating system locks. */
  fd: number | undefined;
  release(): void;
}

/**
 * Makes this process the only launcher of the data folder, and stops processes that a crashed launcher left running.
 * @throws StartupError when another launcher uses the folder, even from another container or machine.
 */
export async function claim(dataDir: string): Promise<Claim> {
  const osLock = await takeWhenFree(dataDir);
  try {
    const stopHeartbeat =
      osLock === undefined ? await claimByFile(dataDir) : claimByRight(lockFile(dataDir));
    await stopLeftovers(dataDir);
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

/** Undefined where the operating system has no such locks. */
async function takeWhenFree(dataDir: string): Promise<OsLock | undefined> {
  const file = path.join(dataDir, 'in-use.lock');
  let lock = takeOsLock(file);
  if (lock === 'taken') {
    refuseIfRunning(dataDir);
    // The launcher is gone but one of its processes is not: stop it, if it is visible.
    await stopLeftovers(dataDir, { stores: true });
  }
  const began = performance.now();
  while (lock === 'taken' && performance.now() - began < patienceMs(dataDir)) {
    // A process that started just before the crash is not recorded. The lock leads to it.
    if (isOfCrashedLauncher(dataDir)) await endAll(partsHolding(file));
    await delay(100);
    refuseIfRunning(dataDir);
    lock = takeOsLock(file);
  }
  if (lock === 'taken') throw usedByOthers(dataDir);
  return lock === 'unsupported' ? undefined : lock;
}

/** A watchdog on this machine may need its full time; processes in other containers will not stop. */
function patienceMs(dataDir: string): number {
  return isOfCrashedLauncher(dataDir) ? 20_000 : 2_000;
}

/** Call only after `refuseIfRunning`. */
function isOfCrashedLauncher(dataDir: string): boolean {
  const holder = holderOf(lockFile(dataDir));
  return holder === undefined || isOurScope(holder);
}

/** With an operating system lock, the old content of the file is obsolete. */
function claimByRight(lock: string): () => void {
  writeDurably(lock, JSON.stringify(ourIdentity()));
  return () => undefined;
}

/** Without one, the process that creates the file owns the folder as long as the file keeps changing. */
async function claimByFile(dataDir: string): Promise<() => void> {
  const lock = lockFile(dataDir);
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(ourIdentity()), { mode: 0o600 });
  try {
    while (!linked(draft, lock)) {
      refuseIfRunning(dataDir);
      if (!isOurScope(holderOf(lock)) && (await showsHeartbeat(lock))) throw usedByOthers(dataDir);
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

/** A process and the scope of its id. */
type Holder = ProcessIdentity & { scope: string };

function ourIdentity(): Holder {
  return { pid: process.pid, startedAt: '', ...identityOf(process.pid), scope: processScope() };
}

function holderOf(lock: string): Holder | undefined {
  const text = readIfExists(lock);
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

function usedByOthers(dataDir: string): StartupError {
  return new StartupError(
    `${dataDir} is in use by processes that are not visible from here, perhaps in another container: stop them first, or set DATA_DIR.`,
  );
}

/**
 * Gives the watchdog of a crashed launcher its time, then stops what is still alive. Stores that hold no lock are
 * left to the code that restarts them.
 */
async function stopLeftovers(dataDir: string, also = { stores: false }): Promise<void> {
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
        // On SIGTERM, PostgreSQL would wait for its clients.
        [process.name === 'postgres' ? 'SIGINT' : 'SIGTERM', 5_000],
        [process.name === 'postgres' ? 'SIGQUIT' : 'SIGKILL', 2_000],
        ['SIGKILL', 2_000],
      ]),
    ),
  );
}
