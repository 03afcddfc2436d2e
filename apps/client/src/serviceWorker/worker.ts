// Keeps the shell of the client, so that it opens without a server. What people write and read is not its business: that
// is in IndexedDB, and requests to the server pass it by.

export {};

declare const self: ServiceWorkerGlobalScope;

/** Filled in by the build. */
const FILES = '__SHELL_FILES__'.split(' ');
const CACHE = 'chasqui-shell-__SHELL_VERSION__';
const SHELL = 'chasqui-shell-';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })))),
  );
  // Pages that are open go on with the files they have; the next one opens with the new ones.
  void self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

async function takeOver(): Promise<void> {
  // The shell before this one stays for pages that are open and have not fetched all their parts.
  const old = (await caches.keys()).filter((name) => name.startsWith(SHELL) && name !== CACHE);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === '/') event.respondWith(page());
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(asset(request));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(shellFile(request));
  }
});

/** From the cache at once: it opens as fast without a network as with one. A newer one installs itself meanwhile. */
async function page(): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match('/')) ?? fetch('/');
}

async function shellFile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? fetch(request);
}

/** Named by their content, so what is kept is never stale. */
async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
}
