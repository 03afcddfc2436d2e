import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type RequestHandler, Router } from 'express';

/** Build output of the web client; resolves from src and dist alike. */
const CLIENT_FOLDER = path.resolve(__dirname, '../../../../../client/dist');

const YEAR_S = 31_536_000;

/** In order of preference. The build puts compressed files beside the originals. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * Serves the web client at `/`. Browsers cache content-hashed files for a year and revalidate the
 * rest. Falls through for unknown files, and for everything if the client is not built.
 */
export function webClient(folder = CLIENT_FOLDER): Router {
  const router = Router();
  router.use(compressed(folder));
  router.use(
    express.static(folder, {
      redirect: false,
      setHeaders(response, file) {
        const isNamedByContent = path.dirname(file) === path.join(folder, 'assets');
        const age = isNamedByContent ? `max-age=${YEAR_S}, immutable` : 'no-cache';
        response.setHeader('Cache-Control', `public, ${age}`);
        // CORS already set Vary: Origin, and responses differ by encoding as well.
        response.vary('Accept-Encoding');
      },
    }),
  );
  return router;
}

/**
 * Rewrites the request to the compressed version of a file, if one exists and the browser accepts
 * it.
 */
function compressed(folder: string): RequestHandler {
  return (request, response, next) => {
    const name = request.path === '/' ? '/index.html' : request.path;
    // Only names that the build produces, so no path can leave the folder.
    const isFile = /^\/(?:assets\/)?[\w-]+(?:\.[\w-]+)+$/.test(name);
    if (!isFile || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    for (const [encoding, suffix] of encodings) {
      if (request.acceptsEncodings(encoding) === false) continue;
      if (!existsSync(path.join(folder, name + suffix))) continue;
      request.url = name + suffix;
      response.setHeader('Content-Encoding', encoding);
      response.type(path.extname(name));
      break;
    }
    next();
  };
}
