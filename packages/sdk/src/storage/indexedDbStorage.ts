/// <reference lib="dom" />
import { StorageError } from '../errors';
import type { Storage } from './storage';

const STORE = 'values';

export interface IndexedDbOptions {
  /** Name of the database; one per server that a page talks to. */
  name?: string;
  /** Instead of the browser's own. */
  factory?: IDBFactory;
}

/**
 * IndexedDB in a browser, shared by all tabs of an origin. Writes ask for strict durability: on the disk before they are
 * answered, where the browser knows the difference.
 */
export async function openIndexedDbStorage({
  name = 'chasqui',
  factory = indexedDB,
}: IndexedDbOptions = {}): Promise<Storage> {
  const database = await opened(factory, name);
  // Another tab has a newer version of this page: it may not wait for us for ever.
  database.onversionchange = () => database.close();
  let isClosed = false;

  function transaction(mode: IDBTransactionMode): IDBTransaction {
    if (isClosed) throw new StorageError(`${name} is closed`);
    try {
      return database.transaction(STORE, mode, { durability: 'strict' });
    } catch (error) {
      throw new StorageError(`${name} cannot be used`, { cause: error });
    }
  }

  return {
    async get(key) {
      return answered<unknown>(transaction('readonly').objectStore(STORE).get(key));
    },
    async list(prefix) {
      const store = transaction('readonly').objectStore(STORE);
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const [keys, values] = await Promise.all([
        answered(store.getAllKeys(range)),
        answered<unknown[]>(store.getAll(range)),
      ]);
      return keys.flatMap((key, i) => (typeof key === 'string' ? { key, value: values[i] } : []));
    },
    async write(changes) {
      const writing = transaction('readwrite');
      const store = writing.objectStore(STORE);
      for (const { key, value } of changes) {
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
      await completed(writing, name);
    },
    async close() {
      isClosed = true;
      database.close();
    },
  };
}

function opened(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answered(request);
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
