import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../errors';
import { hasCode } from './hasCode';

/** What this process owns: after a restart in a container the number in the file may be our own. */
const owned = new Set<string>();

/**
 * Makes this process the owner of a file; returns what gives it up. Throws StorageError while another process that lives
 * owns it, and for a second owner in this one. An owner that was killed is succeeded. (A process that was given the
 * number of a dead owner counts as the owner: then the lock file has to be deleted by hand, which the error says.)
 */
export async function lockFile(file: string): Promise<() => Promise<void>> {
  const lock = path.resolve(file);
  const mine = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(mine, String(process.pid), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      // Linking is atomic, and what appears has its content already.
      if (await linked(mine, lock)) {
        owned.add(lock);
        return async () => {
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

/** Takes away the lock of a process that is gone, and no other, also when several try at once. */
async function removeDead(lock: string, mine: string): Promise<void> {
  await refuseLiving(lock, lock);
  const aside = `${mine}.dead`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  try {
    await refuseLiving(aside, lock);
  } catch (error) {
    await linked(aside, lock);
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function refuseLiving(file: string, lock: string): Promise<void> {
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  const lives = owner === process.pid ? owned.has(lock) : owner > 0 && isAlive(owner);
  if (lives) {
    throw new StorageError(`process ${owner} owns this storage; if it does not, delete ${lock}`);
  }
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
