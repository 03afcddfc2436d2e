// Keeps the shell of the client, so that it opens without a server. What people write and read is not its business: that
// is in IndexedDB, and requests to the server pass it by.

export {};

declare const self: ServiceWorkerGlobalScope;

/** Where the client is served: `/`, or a path below a proxy. */
const BASE = new URL('.', self.location.href).pathname;
/** Filled in by the build; the first is the page itself, whose name is empty. */
const FILES = '__SHELL_FILES__'.split(' ').map((file) => BASE + file);
/** Of this path alone: another client on the same origin keeps its own. */
const SHELL = `chasqui-shell-${BASE === '/' ? '' : BASE}`;
const CACHE = `${SHELL}__SHELL_VERSION__`;
/** The server's files are the same for every origin; `Vary: Origin` is about what other sites may read. */
const ANY_ORIGIN = { ignoreVary: true };
/** A cache that does not answer must not keep the page from opening. */
const FOUND_WITHIN_MS = 3_000;

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
  const old = (await caches.keys()).filter((name) => isShell(name) && name !== CACHE);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** `chasqui-shell-` and a version: a path begins with a slash. */
const isShell = (name: string): boolean =>
  name.startsWith(SHELL) && !name.slice(SHELL.length).includes('/');

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    // From the cache at once: it opens as fast without a network as with one. A newer one installs itself meanwhile.
    if (url.pathname === BASE) event.respondWith(kept(BASE));
  } else if (url.pathname.startsWith(`${BASE}assets/`)) {
    event.respondWith(asset(request));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(kept(request));
  }
});

async function kept(request: Request | string): Promise<Response> {
  const found = await inTime(caches.open(CACHE).then((cache) => cache.match(request, ANY_ORIGIN)));
  return found ?? fetch(request);
}

/** Named by their content, so what is kept is never stale. */
async function asset(request: Request): Promise<Response> {
  const found = await inTime(caches.match(request, ANY_ORIGIN));
  if (found !== undefined) return found;
  const response = await fetch(request);
  if (response.ok) keep(request, response.clone());
  return response;
}

/** Nobody waits for it. */
function keep(request: Request, response: Response): void {
  caches
    .open(CACHE)
    .then((cache) => cache.put(request, response))
    .catch(() => undefined);
}

/** Undefined for what is not there, cannot be read, or takes too long. */
function inTime<T>(work: Promise<T | undefined>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), FOUND_WITHIN_MS);
    const tell = (found: T | undefined): void => {
      clearTimeout(timer);
      resolve(found);
    };
    work.then(tell, () => tell(undefined));
  });
}
