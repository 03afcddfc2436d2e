import { ForbiddenError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';
import type { Origins } from '../../network/origins';

const PREFLIGHT_S = 600;

/**
 * CORS with credentials, for named origins only: streams may be authorized by a cookie, so a page of another origin must
 * neither open nor read one. Pages of this host and non-browser clients send no foreign origin.
 */
export function crossOrigin(origins: Pick<Origins, 'admits' | 'lists'>): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin');
    if (origin === undefined) {
      next();
      return;
    }
    if (!origins.admits(request))
      throw new ForbiddenError('the origin is not allowed; see CORS_ORIGINS');
    if (origins.lists(origin)) {
      response.set('Access-Control-Allow-Origin', origin);
      response.set('Access-Control-Allow-Credentials', 'true');
      response.set(
        'Access-Control-Expose-Headers',
        'Link, Last-Event-ID, Mercure-Last-Event-ID, Retry-After',
      );
    }
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.set('Access-Control-Allow-Methods', 'GET, HEAD, POST');
    response.set(
      'Access-Control-Allow-Headers',
      'Authorization, Cache-Control, Content-Type, Last-Event-ID',
    );
    response.set('Access-Control-Max-Age', String(PREFLIGHT_S));
    response.status(204).end();
  };
}
