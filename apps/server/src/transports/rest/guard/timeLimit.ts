import { COMMAND_TIMEOUT_MS, UnavailableError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';

// The answer has a way to go as well.
const LIMIT_MS = COMMAND_TIMEOUT_MS - 500;

/** Answers with UnavailableError what has no answer after 9.5 s, whatever it waits for. */
export const timeLimit: RequestHandler = (_request, response, next) => {
  const timer = setTimeout(() => {
    if (!response.headersSent) next(new UnavailableError('there was no answer in time', 2));
  }, LIMIT_MS);
  response.once('close', () => clearTimeout(timer));
  next();
};
