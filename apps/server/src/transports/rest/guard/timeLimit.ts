import { COMMAND_TIMEOUT_MS, UnavailableError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';

// Leaves time for the response to travel.
const LIMIT_MS = COMMAND_TIMEOUT_MS - 500;

/** Answers UnavailableError when a request has no response after 9.5 s. */
export const timeLimit: RequestHandler = (_request, response, next) => {
  const timer = setTimeout(() => {
    if (!response.headersSent) next(new UnavailableError('the request timed out', 2));
  }, LIMIT_MS);
  response.once('close', () => clearTimeout(timer));
  next();
};
