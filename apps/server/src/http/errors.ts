import type { Log } from '@pern/delivery/ports';
import { InternalError, NotFoundError, type ErrorBody } from '@pern/protocol/errors';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { translateError } from '../translateError';

/** For every path that nobody answers. */
export const unknownRoute: RequestHandler = () => {
  throw new NotFoundError();
};

/** The one place where errors become HTTP. What a bug was is for the log alone. */
export function createErrorHandler(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = translateError(thrown);
    if (error instanceof InternalError) {
      log.error(
        { err: error.cause ?? error, method: request.method, route: routeOf(request) },
        'a request failed',
      );
    }
    if (response.headersSent) {
      // Half an answer cannot be taken back, a whole one stands.
      if (!response.writableEnded) next(thrown);
      return;
    }
    if (error.retryAfterSeconds !== undefined) {
      response.set('Retry-After', String(error.retryAfterSeconds));
    }
    const body: ErrorBody = { error: error.toWire() };
    response.status(error.status).json(body);
  };
}

/** The pattern, never the URL: that may hold what people search for. */
function routeOf({ route }: { route?: unknown }): unknown {
  return typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
}
