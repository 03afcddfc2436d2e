/** The path of the page: `/`, or for example `/chat/` when a proxy serves Chasqui under a path. */
export const BASE = new URL('.', document.baseURI).pathname;

/** The URL of the server that served this page, without a trailing slash. */
export function serverUrl(): string {
  return location.origin + BASE.replace(/\/$/, '');
}

/** The name of the local database. It includes the path, because one origin may host several servers. */
export const STORAGE_NAME = BASE === '/' ? 'chasqui' : `chasqui${BASE.replace(/\/$/, '')}`;
