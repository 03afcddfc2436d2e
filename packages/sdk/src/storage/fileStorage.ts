import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../errors';
import { lineOf, readJournal } from './journal';
import { lockFile } from './lockFile';
import type { Change, Storage } from './storage';

/** Lines beyond what is kept, after which the file is written anew. */
const SUPERFLUOUS_MAX = 2_000;

interface Waiting {
  changes: readonly Change[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * A file in Node. It belongs to one process at a time: a second one is refused with StorageError as long as the first
 * lives. Every write is one line, on the disk before it is answered; what waits at the same moment shares a flush. A line
 * that a crash cut short is passed over, so a write is there whole or not at all.
 */
export async function openFileStorage(file: string): Promise<Storage> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const release = await lockFile(`${file}.lock`);
  try {
    return await openOwned(file, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function openOwned(file: string, release: () => Promise<void>): Promise<Storage> {
  const { values } = await readJournal(file);
  let handle: FileHandle = await rewrite(file, values);
  let superfluous = 0;
  let queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let isClosed = false;
  /** Set once when the disk fails: what is in memory and what is on the disk may differ from then on. */
  let broken: StorageError | undefined;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      try {
        if (broken !== undefined) throw broken;
        await handle.appendFile(batch.map(({ changes }) => lineOf(changes)).join(''));
        await handle.datasync();
        for (const { changes } of batch) superfluous += apply(values, changes);
        for (const { resolve } of batch) resolve();
        if (superfluous > SUPERFLUOUS_MAX + values.size) {
          const before = handle;
          handle = await rewrite(file, values);
          superfluous = 0;
          await before.close();
        }
      } catch (error) {
        broken ??= new StorageError(`${file} cannot be written`, { cause: error });
        for (const { reject } of batch) reject(broken);
      }
    }
    writing = undefined;
  }

  return {
    async get(key) {
      return copied(values.get(key));
    },
    async list(prefix) {
      return [...values.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key) => ({ key, value: copied(values.get(key)) }));
    },
    write(changes) {
      if (isClosed) return Promise.reject(new StorageError(`${file} is closed`));
      return new Promise((resolve, reject) => {
        queue.push({ changes, resolve, reject });
        writing ??= drain();
      });
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await writing;
      await handle.close();
      await release();
    },
  };
}

/** Returns how many earlier lines it made superfluous. */
function apply(values: Map<string, unknown>, changes: readonly Change[]): number {
  for (const { key, value } of changes) {
    if (value === undefined) values.delete(key);
    else values.set(key, copied(value));
  }
  return changes.length;
}

/** What was written does not change when its writer goes on using it. */
function copied(value: unknown): unknown {
  return value === undefined ? undefined : structuredClone(value);
}

/** Writes what is kept, and nothing else, beside the file, and puts it in its place. */
async function rewrite(file: string, values: ReadonlyMap<string, unknown>): Promise<FileHandle> {
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  const changes = [...values].map(([key, value]) => ({ key, value }));
  await handle.writeFile(changes.map((change) => lineOf([change])).join(''));
  await handle.sync();
  await handle.close();
  await rename(beside, file);
  // The new name is on the disk only when its folder is.
  const folder = await open(path.dirname(path.resolve(file)), 'r');
  await folder.sync().catch(() => undefined);
  await folder.close();
  return open(file, 'a', 0o600);
}
