import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../../errors';
import { lineOf, readJournal } from './journal';
import { lockFile } from './lockFile';
import type { Change, Storage } from '../storage';

/** Number of superseded lines after which the file is rewritten. */
const SUPERFLUOUS_MAX = 2_000;

interface Waiting {
  changes: readonly Change[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Stores values in a file, for Node. One process at a time owns the file: while the owner is alive, a second open rejects
 * with StorageError. Every write is one line, flushed to disk before it resolves; concurrent writes share a flush. A line
 * cut short by a crash is ignored, so each write is complete or absent.
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
  /** Set when the disk fails: memory and disk may differ from then on, so all later writes fail too. */
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

/** Returns how many lines may have become superfluous. */
function apply(values: Map<string, unknown>, changes: readonly Change[]): number {
  for (const { key, value } of changes) {
    if (value === undefined) values.delete(key);
    else values.set(key, copied(value));
  }
  return changes.length;
}

/** Stored values must not change when the caller modifies its object later. */
function copied(value: unknown): unknown {
  return value === undefined ? undefined : structuredClone(value);
}

/** Writes the current values to a new file and replaces the old one with it. */
async function rewrite(file: string, values: ReadonlyMap<string, unknown>): Promise<FileHandle> {
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  const changes = [...values].map(([key, value]) => ({ key, value }));
  await handle.writeFile(changes.map((change) => lineOf([change])).join(''));
  await handle.sync();
  await handle.close();
  await rename(beside, file);
  // The rename is durable only after the folder is synced.
  const folder = await open(path.dirname(path.resolve(file)), 'r');
  await folder.sync().catch(() => undefined);
  await folder.close();
  return open(file, 'a', 0o600);
}
