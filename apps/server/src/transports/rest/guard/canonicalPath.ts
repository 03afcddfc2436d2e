import { NotFoundError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';

/**
 * Answers 404 to a path that is written in another way than its route. URL parsers in clients and proxies remove
 * dot segments and turn backslashes into slashes, so such a path may have been made from another one:
 * `…/reactions/..` arrives as the message itself with a slash behind it, and must not delete it.
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

/** As the URL standard has it: each dot may be percent-encoded. */
function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}
