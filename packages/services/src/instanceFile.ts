import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasCode, keep, kept } from './keptFiles';
import { end, hasEnded, identityOf, isAlive, type ProcessIdentity } from './processes';
import { StartupError } from './startupError';

/** What DATA_DIR/run.json says about the instance that runs on this data folder. */
export interface RunState {
  /** Whether it has ever been usable since its start. */
  ready: boolean;
  /** Where each server listens; the first is the address that people are told. */
  urls: string[];
  database_url: string;
  redis_url: string;
  /** launcher, watchdog, postgres, redis, server, worker, and server-2 … where there are more. */
  processes: ({ name: string } & ProcessIdentity)[];
}

const runFile = (dataDir: string) => path.join(dataDir, 'run.json');
const lockFile = (dataDir: string) => path.join(dataDir, 'launcher.lock');

/** The instance that runs on this data folder now; undefined when there is none. */
export function runningInstance(dataDir: string): RunState | undefined {
  const state = readState(dataDir);
  const launcher = state?.processes.find(({ name }) => name === 'launcher');
  return launcher !== undefined && isAlive(launcher) ? state : undefined;
}

export function writeState(dataDir: string, state: RunState): void {
  keep(runFile(dataDir), `${JSON.stringify(state, undefined, 2)}\n`);
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

/**
 * Makes this process the only launcher of the data folder, and clears away what an earlier one that
 * crashed has left running. Returns what gives the folder free again.
 * @throws StartupError when another launcher is at work there.
 */
export async function claim(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFile(dataDir);
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
  try {
    while (!linked(draft, lock)) {
      refuseIfHeld(lock, dataDir);
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  await clearAway(dataDir);
  return () => {
    rmSync(runFile(dataDir), { force: true });
    rmSync(lock, { force: true });
  };
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

function refuseIfHeld(lock: string, dataDir: string): void {
  const text = kept(lock);
  const holder = text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity);
  if (holder === undefined || !isAlive(holder)) return;
  const address = runningInstance(dataDir)?.urls[0];
  throw new StartupError(
    `Chasqui already runs on ${dataDir} (process ${holder.pid}${address ? `, ${address}` : ''}): stop it there first, or set DATA_DIR and PORT.`,
  );
}

/** The watchdog of a crashed launcher is given its time; whatever is alive after that is ended. */
async function clearAway(dataDir: string): Promise<void> {
  const left = (readState(dataDir)?.processes ?? []).filter(({ name }) => name !== 'launcher');
  const watchdog = left.find(({ name }) => name === 'watchdog');
  if (watchdog !== undefined) await hasEnded(watchdog, 12_000);
  await Promise.all(
    left
      .filter(({ name }) => name !== 'postgres' && name !== 'redis')
      .map((process) =>
        end(process, [
          ['SIGTERM', 5_000],
          ['SIGKILL', 2_000],
        ]),
      ),
  );
}
