/// <reference lib="dom" />
import { type Clock, systemClock } from '../clock';
import { StorageError } from '../errors';
import type { Storage } from './storage';

const STORE = 'values';

/** A database that opens late is no use to somebody who looks at an empty page. */
const OPENED_WITHIN_MS = 6_000;
const ANSWERED_WITHIN_MS = 10_000;
const ENDED_WITHIN_MS = 1_000;

export interface IndexedDbOptions {
  /** Name of the database; one per server that a page talks to. */
  name?: string;
  /** Instead of the browser's own. */
  factory?: IDBFactory;
  clock?: Clock;
}

/**
 * IndexedDB in a browser, shared by all tabs of an origin. Writes ask for strict durability: on the disk before they are
 * answered, where the browser knows the difference.
 *
 * Everything has a time limit, because a browser may never answer: the open is blocked, the disk is full, a private
 * window has no database. Opening rejects with StorageError after 6 s. A read or a write rejects after 10 s, and is
 * aborted first, so it does not happen later. A database that the browser closes, for example because its data was
 * cleared, is opened again at the next use.
 */
export async function openIndexedDbStorage({
  name = 'chasqui',
  factory = indexedDB,
  clock = systemClock,
}: IndexedDbOptions = {}): Promise<Storage> {
  let database: IDBDatabase | undefined;
  let opening: Promise<IDBDatabase> | undefined;
  let isClosed = false;

  function connected(): Promise<IDBDatabase> {
    opening ??= opened(factory, name, clock)
      .then((open) => {
        const forget = (): void => {
          if (database === open) database = undefined;
        };
        open.onclose = forget;
        // Another tab deletes the database or has a newer version of this page: it may not wait for us for ever.
        open.onversionchange = () => {
          open.close();
          forget();
        };
        if (isClosed) open.close();
        else database = open;
        return open;
      })
      .finally(() => (opening = undefined));
    return opening;
  }

  /** At once where the database is open, so that what is written is what was handed over. */
  async function use<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore, running: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    if (isClosed) throw new StorageError(`${name} is closed`);
    const open = database ?? (await connected());
    let running: IDBTransaction;
    try {
      running = open.transaction(STORE, mode, { durability: 'strict' });
    } catch (error) {
      // Closed behind our back: the next use opens it again.
      database = undefined;
      throw new StorageError(`${name} cannot be used`, { cause: error });
    }
    return inTime(running, work(running.objectStore(STORE), running));
  }

  /** Ends a transaction that takes too long; then its requests and itself fail. */
  async function inTime<T>(running: IDBTransaction, work: Promise<T>): Promise<T> {
    let tooLate: (error: StorageError) => void = () => undefined;
    const late = new Promise<never>((_, reject) => (tooLate = reject));
    const giveUp = (): void => tooLate(new StorageError(`${name} does not answer`));
    let timer = clock.setTimeout(() => {
      try {
        running.abort();
        giveUp();
      } catch {
        // It has ended just now: its events, which say how, are on their way.
        timer = clock.setTimeout(giveUp, ENDED_WITHIN_MS);
      }
    }, ANSWERED_WITHIN_MS);
    try {
      return await Promise.race([work, late]);
    } finally {
      timer.cancel();
    }
  }

  await connected();
  return {
    get: (key) => use('readonly', (store) => answered<unknown>(store.get(key))),
    list: (prefix) =>
      use('readonly', async (store) => {
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const [keys, values] = await Promise.all([
          answered(store.getAllKeys(range)),
          answered<unknown[]>(store.getAll(range)),
        ]);
        return keys.flatMap((key, i) => (typeof key === 'string' ? { key, value: values[i] } : []));
      }),
    write(changes) {
      const whole = database === undefined ? structuredClone(changes) : changes;
      return use('readwrite', (store, running) => {
        for (const { key, value } of whole) {
          if (value === undefined) store.delete(key);
          else store.put(value, key);
        }
        return completed(running, name);
      });
    },
    async close() {
      isClosed = true;
      database?.close();
    },
  };
}

function opened(factory: IDBFactory, name: string, clock: Clock): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const timer = clock.setTimeout(() => {
      // One that comes after all must not keep other tabs from an upgrade.
      request.onsuccess = () => request.result.close();
      reject(new StorageError(`${name} does not open`));
    }, OPENED_WITHIN_MS);
    request.onsuccess = () => {
      timer.cancel();
      resolve(request.result);
    };
    request.onerror = () => {
      timer.cancel();
      reject(new StorageError(`${name} cannot be opened`, { cause: request.error }));
    };
  });
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () =>
      reject(new StorageError('the browser refused to read', { cause: request.error }));
  });
}

function completed(transaction: IDBTransaction, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () =>
      reject(new StorageError(`${name} cannot be written`, { cause: transaction.error }));
  });
}
