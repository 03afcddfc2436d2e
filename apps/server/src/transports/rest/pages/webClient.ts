import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type RequestHandler, Router } from 'express';

/** Where the build leaves the web client, seen from here and from the compiled file alike. */
const CLIENT_FOLDER = path.resolve(__dirname, '../../../../../client/dist');

const YEAR_S = 31_536_000;

/** Best first. Each file lies beside itself as the build has compressed it. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * The web client at `/`, from a folder of files. What has its content in its name is kept by browsers for ever, all else
 * is asked for again each time. Passes on what it does not have, everything where there is no client.
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
        // Beside Origin, which the check of origins has put there: their answers differ in a header.
        response.vary('Accept-Encoding');
      },
    }),
  );
  return router;
}

/** Hands on to the compressed twin of a file, where there is one that this browser takes. */
function compressed(folder: string): RequestHandler {
  return (request, response, next) => {
    const name = request.path === '/' ? '/index.html' : request.path;
    // Names as the build makes them: nothing that could lead out of the folder.
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
