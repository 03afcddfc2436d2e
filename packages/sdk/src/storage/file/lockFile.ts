import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../../errors';
import { hasCode } from './hasCode';
import { ownIdentity, ownScope, type ProcessIdentity, startOf } from './processIdentity';

/** Locks held by this process, which may open the same file twice. */
const owned = new Set<string>();
let taking: Promise<unknown> = Promise.resolve();

const BEAT_MS = 1_000;
const SILENT_MS = 5_000;

/**
 * Locks a file for this process; returns a function that unlocks it. Throws StorageError while another live process owns
 * it, or this one already does. The lock of a killed owner is taken over at once, even if its process id has been reused.
 * The lock of an owner that cannot be observed from here (in another container, or before a reboot) is taken over when its
 * file has not changed for five seconds.
 */
export function lockFile(file: string): Promise<() => Promise<void>> {
  // Serial within this process; between processes the file decides.
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
      // Linking is atomic: the lock file appears together with its content.
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
  throw new StorageError(`${lock} is contended by other processes`);
}

/** Touches the lock file so that processes in other containers see that its owner is alive. */
function beat(lock: string): () => void {
  const timer = setInterval(() => {
    utimes(lock, new Date(), new Date()).catch(() => undefined);
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Removes the lock of a dead process, and no other, even when several processes try at once. */
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
    // Another process may have taken over the lock in between: put it back.
    if ((await readFile(aside, 'utf8').catch(() => '')) !== judged) await linked(aside, lock);
  } finally {
    await rm(aside, { force: true });
  }
}

async function refuseLiving(text: string, lock: string): Promise<void> {
  const owner = parseOwner(text);
  if (owner === undefined || !(await lives(owner, lock))) return;
  throw new StorageError(
    `process ${owner.pid} owns this storage; if that is wrong, delete ${lock}`,
  );
}

async function lives(owner: ProcessIdentity, lock: string): Promise<boolean> {
  if (owner.scope !== null && owner.scope !== (await ownScope())) return changes(lock);
  if (owner.startedAt !== null && owner.startedAt !== (await startOf(owner.pid))) return false;
  return owner.pid === process.pid ? owned.has(lock) : isAlive(owner.pid);
}

/** Whether the file changes within five seconds. Compares its own times only: the file system's clock may differ. */
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

/** Undefined for content that no version of this library has written completely. */
function parseOwner(text: string): ProcessIdentity | undefined {
  let owner: unknown;
  try {
    owner = JSON.parse(text);
  } catch {
    return undefined;
  }
  // Earlier versions wrote only the process id.
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
    throw new StorageError(`${to} cannot be created`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process exists but belongs to another user.
    return hasCode(error, 'EPERM');
  }
}
