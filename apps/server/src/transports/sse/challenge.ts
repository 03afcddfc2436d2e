import { ForbiddenError, UnauthorizedError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';

/** Adds the challenge of RFC 6750 to the refusals of a handler: whether a token was missing, invalid or not sufficient. */
export function challenged(
  handler: (...args: Parameters<RequestHandler>) => Promise<void>,
): RequestHandler {
  return async (request, response, next) => {
    try {
      await handler(request, response, next);
    } catch (error) {
      if (response.headersSent) throw error;
      if (error instanceof UnauthorizedError) {
        const reason = error instanceof MissingTokenError ? '' : ' error="invalid_token"';
        response.set('WWW-Authenticate', `Bearer${reason}`);
      }
      if (error instanceof ForbiddenError)
        response.set('WWW-Authenticate', 'Bearer error="insufficient_scope"');
      throw error;
    }
  };
}

/** The request has no token at all. */
export class MissingTokenError extends UnauthorizedError {}
