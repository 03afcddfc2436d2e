import { NotFoundError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';

/**
 * Answers 404 to non-canonical paths. URL parsers in clients and proxies remove dot segments and
 * turn backslashes into slashes, so the path may not be the one the client meant: `…/reactions/..`
 * arrives as the message itself with a trailing slash and must not delete it.
 */
export const canonicalPath: RequestHandler = (request, _response, next) => {
  if (!isCanonical(request.path)) throw new NotFoundError();
  next();
};

function isCanonical(path: string): boolean {
  if (path === '/') return true;
  return path
    .split('/')
    .slice(1)
    .every((segment) => segment !== '' && !/[\\;]/.test(segment) && !isDotSegment(segment));
}

/** Per the URL standard, each dot may be percent-encoded. */
function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}
