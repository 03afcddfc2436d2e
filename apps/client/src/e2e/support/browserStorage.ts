/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/** Everything that stands in the browser's storage, as JSON of `[key, value]`. */
export const keptIn = (page: Page, name = 'chasqui'): Promise<string[]> =>
  page.evaluate(async (database) => {
    const answered = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const open = await answered(indexedDB.open(database));
    const store = open.transaction('values').objectStore('values');
    const [keys, values] = await Promise.all([
      answered(store.getAllKeys()),
      answered<unknown[]>(store.getAll()),
    ]);
    open.close();
    return keys.map((key, i) => JSON.stringify([key, values[i]]));
  }, name);

/** Whether a conversation with this content, as it is on the wire, stands in the browser's storage. */
export async function isKept(page: Page, content: string, name?: string): Promise<boolean> {
  const kept = await keptIn(page, name);
  return kept.some((one) => one.includes(`"content_encrypted":"${content}"`));
}

/** Resolves when the page opens without a server. */
export const shellIsKept = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const names = await caches.keys();
    const files = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    if (files.flat().length === 0) throw new Error('nothing is kept');
  });
