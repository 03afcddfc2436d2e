import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../errors';
import { hasCode } from './hasCode';
import { ownIdentity, ownScope, type ProcessIdentity, startOf } from './processIdentity';

/** What this process owns: it may be asked for the same file twice. */
const owned = new Set<string>();
let taking: Promise<unknown> = Promise.resolve();

const BEAT_MS = 1_000;
const SILENT_MS = 5_000;

/**
 * Makes this process the owner of a file; returns what gives it up. Throws StorageError while another
 * living process owns it, and for a second owner in this one. An owner that was killed is succeeded at
 * once, also when its process id belongs to another process by now. An owner whose process cannot be
 * seen from here, in another container or before the last start of the machine, is succeeded when its
 * lock file has not changed for five seconds.
 */
export function lockFile(file: string): Promise<() => Promise<void>> {
  // Within this process one after the other: between processes the file decides.
  const taken = taking.then(() => take(file));
  taking = taken.catch(() => undefined);
  return taken;
}

async function take(file: string): Promise<() => Promise<void>> {
  const lock = path.resolve(file);
  const mine = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(mine, JSON.stringify(await ownIdentity()), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      // Linking is atomic, and what appears has its content already.
      if (await linked(mine, lock)) {
        owned.add(lock);
        const stopBeating = beat(lock);
        return async () => {
          stopBeating();
          owned.delete(lock);
          await rm(lock, { force: true });
        };
      }
      await removeDead(lock, mine);
    }
  } finally {
    await rm(mine, { force: true });
  }
  throw new StorageError(`${lock} is fought over`);
}

/** Shows those who cannot see this process that it lives. */
function beat(lock: string): () => void {
  const timer = setInterval(() => {
    utimes(lock, new Date(), new Date()).catch(() => undefined);
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Takes away the lock of a process that is gone, and no other, also when several try at once. */
async function removeDead(lock: string, mine: string): Promise<void> {
  const judged = await readFile(lock, 'utf8').catch(() => '');
  await refuseLiving(judged, lock);
  const aside = `${mine}.dead`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  try {
    // Somebody else may have succeeded the dead owner just now: it is given back at once.
    if ((await readFile(aside, 'utf8').catch(() => '')) !== judged) await linked(aside, lock);
  } finally {
    await rm(aside, { force: true });
  }
}

async function refuseLiving(text: string, lock: string): Promise<void> {
  const owner = parseOwner(text);
  if (owner === undefined || !(await lives(owner, lock))) return;
  throw new StorageError(`process ${owner.pid} owns this storage; if it does not, delete ${lock}`);
}

async function lives(owner: ProcessIdentity, lock: string): Promise<boolean> {
  if (owner.scope !== null && owner.scope !== (await ownScope())) return changes(lock);
  if (owner.startedAt !== null && owner.startedAt !== (await startOf(owner.pid))) return false;
  return owner.pid === process.pid ? owned.has(lock) : isAlive(owner.pid);
}

/** Compares times of the file with each other alone: its clock may be another than ours. */
async function changes(file: string): Promise<boolean> {
  const modifiedAt = async () => (await stat(file).catch(() => undefined))?.mtimeMs;
  const before = await modifiedAt();
  const deadline = performance.now() + SILENT_MS;
  while (performance.now() < deadline) {
    if ((await modifiedAt()) !== before) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

/** Undefined for what no version of the SDK has written whole. */
function parseOwner(text: string): ProcessIdentity | undefined {
  let owner: unknown;
  try {
    owner = JSON.parse(text);
  } catch {
    return undefined;
  }
  // An earlier version of the SDK wrote the process id alone.
  if (typeof owner === 'number') return { pid: owner, startedAt: null, scope: null };
  if (typeof owner !== 'object' || owner === null) return undefined;
  if (!('pid' in owner && 'startedAt' in owner && 'scope' in owner)) return undefined;
  const { pid, startedAt, scope } = owner;
  if (typeof pid !== 'number' || typeof scope !== 'string') return undefined;
  return { pid, startedAt: typeof startedAt === 'string' ? startedAt : null, scope };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw new StorageError(`${to} cannot be made`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is one, and it belongs to somebody else.
    return hasCode(error, 'EPERM');
  }
}
