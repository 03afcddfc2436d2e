/// <reference lib="dom" />
import { type Clock, systemClock } from '../scheduling/clock';
import { StorageError } from '../errors';
import type { Storage } from './storage';

const STORE = 'values';

/** The page is empty while the database opens. */
const OPENED_WITHIN_MS = 6_000;
const ANSWERED_WITHIN_MS = 10_000;
const ENDED_WITHIN_MS = 1_000;

export interface IndexedDbOptions {
  /** Name of the database, default `chasqui`. Use one per server that a page talks to. */
  name?: string;
  /** Replaces the browser's `indexedDB`. Its type is IDBFactory; without the types of the DOM, as in Node, it is `never`. */
  factory?: typeof globalThis extends { indexedDB: infer Factory } ? Factory : never;
  clock?: Clock;
}

/**
 * Stores values in IndexedDB, shared by all tabs of an origin. Writes request strict durability: where the browser supports
 * it, they are on disk before they resolve.
 *
 * All operations have a time limit, because a browser may never respond: the open is blocked, the disk is full, or a private
 * window has no database. Opening rejects with StorageError after 6 s. A read or write is aborted after 10 s and then
 * rejects, so that it does not take effect later. If the browser closes the database, for example because the user cleared
 * its data, the next operation opens it again.
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
        // Another tab deletes or upgrades the database; it must not wait for this tab.
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

  /** Starts the transaction synchronously if the database is open, so that later changes of a value are not written. */
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
      // The browser closed the database: the next operation opens it again.
      database = undefined;
      throw new StorageError(`${name} cannot be used`, { cause: error });
    }
    return inTime(running, work(running.objectStore(STORE), running));
  }

  /** Aborts a transaction that takes too long, so that its requests fail. */
  async function inTime<T>(running: IDBTransaction, work: Promise<T>): Promise<T> {
    let tooLate: (error: StorageError) => void = () => undefined;
    const late = new Promise<never>((_, reject) => (tooLate = reject));
    const giveUp = (): void => tooLate(new StorageError(`${name} does not respond`));
    let timer = clock.setTimeout(() => {
      try {
        running.abort();
        giveUp();
      } catch {
        // It has just ended; the events with its result are about to fire.
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
      // A database that opens late must not block upgrades by other tabs.
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
      reject(new StorageError('the browser failed to read', { cause: request.error }));
  });
}

function completed(transaction: IDBTransaction, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () =>
      reject(new StorageError(`${name} cannot be written`, { cause: transaction.error }));
  });
}
