/** Where the page was opened: `/`, or `/chat/` below a proxy that serves Chasqui under a path. */
export const BASE = new URL('.', document.baseURI).pathname;

/** Where the server is, without a slash at the end: the page came from there. */
export function serverAddress(): string {
  return location.origin + BASE.replace(/\/$/, '');
}

/** A name for everything that is kept here. Two servers below paths of one origin keep theirs apart. */
export const STORAGE_NAME = BASE === '/' ? 'chasqui' : `chasqui${BASE.replace(/\/$/, '')}`;
