import { type ErrorBody, NotFoundError } from '@chasqui/protocol';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Failures } from '../../observability/failures';

/** For every path that nobody answers. */
export const unknownRoute: RequestHandler = () => {
  throw new NotFoundError();
};

/** The one place where errors become HTTP. What stands behind them is for the log alone. */
export function createErrorHandler(failed: Failures): ErrorRequestHandler {
  // Express recognises it by its four parameters. Nothing is passed on: Express would write the error to stderr.
  return (thrown: unknown, request, response, _next) => {
    const error = failed(thrown, { method: request.method, route: routeOf(request) });
    if (response.headersSent) {
      // Half an answer cannot be taken back: its end is cut off. A whole one stands.
      if (!response.writableEnded) response.destroy();
      return;
    }
    if (error.retryAfterSeconds !== undefined) {
      response.set('Retry-After', String(error.retryAfterSeconds));
    }
    const body: ErrorBody = { error: error.toWire() };
    response.status(error.status).json(body);
  };
}

/** For a bug in the error handler itself: Express would write to stderr what was thrown, and into the answer. */
export const lastResort: ErrorRequestHandler = (_thrown, _request, response, _next) => {
  response.destroy();
};

/** The pattern, never the URL: that may hold what people search for. */
function routeOf({ route }: { route?: unknown }): unknown {
  return typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
}
