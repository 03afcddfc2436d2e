/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/** All entries of the browser's storage, each as JSON of `[key, value]`. */
export const storedIn = (page: Page, name = 'chasqui'): Promise<string[]> =>
  page.evaluate(async (database) => {
    const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const open = await resultOf(indexedDB.open(database));
    const store = open.transaction('values').objectStore('values');
    const [keys, values] = await Promise.all([
      resultOf(store.getAllKeys()),
      resultOf<unknown[]>(store.getAll()),
    ]);
    open.close();
    return keys.map((key, i) => JSON.stringify([key, values[i]]));
  }, name);

/** Whether the browser's storage contains a message with this content, in wire format. */
export async function isStored(page: Page, content: string, name?: string): Promise<boolean> {
  const entries = await storedIn(page, name);
  return entries.some((one) => one.includes(`"content_encrypted":"${content}"`));
}

/** Resolves if the service worker has cached the app shell, so that the page opens offline. */
export const shellIsCached = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const names = await caches.keys();
    const files = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    if (files.flat().length === 0) throw new Error('the cache is empty');
  });
