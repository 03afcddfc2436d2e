import type { SecurityLog } from '@chasqui/identity';
import {
  ForbiddenError,
  NotFoundError,
  UnauthorizedError,
  ValidationError,
} from '@chasqui/protocol';

interface Request {
  userId: string;
  /** The row of the REST table or the command, never what was sent with it. */
  action: string;
}

/**
 * Counts in the security log what a signed-in user was refused: for want of a right (ForbiddenError; NotFoundError, which
 * is also the answer about what is hidden), because the input was malformed, or because a token in it was not theirs. Other
 * errors are no refusals.
 */
export function countRefusal(
  securityLog: Pick<SecurityLog, 'count'>,
  { userId, action }: Request,
  error: unknown,
): void {
  if (
    error instanceof ForbiddenError ||
    error instanceof NotFoundError ||
    error instanceof UnauthorizedError ||
    error instanceof ValidationError
  ) {
    securityLog.count({ event: 'request_refused', userId, action, error: error.name });
  }
}
