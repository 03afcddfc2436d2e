import { type ErrorBody, NotFoundError } from '@chasqui/protocol';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { ErrorReporter } from '../../observability/errorReporter';

/** Answers every unknown path. */
export const unknownRoute: RequestHandler = () => {
  throw new NotFoundError();
};

/** The only place that turns errors into HTTP. Causes go to the log, never to the client. */
export function createErrorHandler(reportError: ErrorReporter): ErrorRequestHandler {
  // Express recognizes error handlers by their four parameters. Never call next(): Express would
  // print the error to stderr.
  return (thrown: unknown, request, response, _next) => {
    const error = reportError(thrown, { method: request.method, route: routeOf(request) });
    if (response.headersSent) {
      // A partial response cannot be replaced, so cut it off. A complete one stays.
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

/**
 * Handles a bug in the error handler: Express would print the error to stderr and into the
 * response.
 */
export const lastResort: ErrorRequestHandler = (_thrown, _request, response, _next) => {
  response.destroy();
};

/** The route pattern, never the URL, which may contain search terms. */
function routeOf({ route }: { route?: unknown }): unknown {
  return typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
}
