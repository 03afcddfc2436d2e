// Caches the app shell, so that the client opens offline. It never handles messages: those live in IndexedDB, and API
// requests bypass this worker.

export {};

declare const self: ServiceWorkerGlobalScope;

/** The path the client is served under: `/`, or a prefix set by a proxy. */
const BASE = new URL('.', self.location.href).pathname;
/** Filled in by the build. The first is the page itself, whose name is empty. */
const FILES = '__SHELL_FILES__'.split(' ').map((file) => BASE + file);
/** Includes the path, because one origin may host several clients. */
const SHELL = `chasqui-shell-${BASE === '/' ? '' : BASE}`;
const CACHE = `${SHELL}__SHELL_VERSION__`;
/** Files do not depend on the origin, although the server sends `Vary: Origin` for CORS. */
const ANY_ORIGIN = { ignoreVary: true };
/** A cache that does not respond must not keep the page from opening. */
const CACHE_TIMEOUT_MS = 3_000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })))),
  );
  // Open pages keep the files they loaded; the next page to open gets the new ones.
  void self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

async function activate(): Promise<void> {
  // Keep the previous shell for open pages that still have parts to fetch.
  const old = (await caches.keys()).filter((name) => isShell(name) && name !== CACHE);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A version contains no slash, so one means the shell of another path. */
const isShell = (name: string): boolean =>
  name.startsWith(SHELL) && !name.slice(SHELL.length).includes('/');

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    // Cache first: opening takes equally long online and offline. A newer version installs in the background.
    if (url.pathname === BASE) event.respondWith(fromCache(BASE));
  } else if (url.pathname.startsWith(`${BASE}assets/`)) {
    event.respondWith(asset(request));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(fromCache(request));
  }
});

async function fromCache(request: Request | string): Promise<Response> {
  const found = await withTimeout(
    caches.open(CACHE).then((cache) => cache.match(request, ANY_ORIGIN)),
  );
  return found ?? fetch(request);
}

/** File names contain a content hash, so cached files are never stale. */
async function asset(request: Request): Promise<Response> {
  const found = await withTimeout(caches.match(request, ANY_ORIGIN));
  if (found !== undefined) return found;
  const response = await fetch(request);
  if (response.ok) store(request, response.clone());
  return response;
}

/** Runs in the background. */
function store(request: Request, response: Response): void {
  caches
    .open(CACHE)
    .then((cache) => cache.put(request, response))
    .catch(() => undefined);
}

/** Undefined if the file is missing, unreadable or takes too long. */
function withTimeout<T>(work: Promise<T | undefined>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), CACHE_TIMEOUT_MS);
    const finish = (found: T | undefined): void => {
      clearTimeout(timer);
      resolve(found);
    };
    work.then(finish, () => finish(undefined));
  });
}
