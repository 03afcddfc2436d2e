import type { SecurityLog } from '@chasqui/identity';
import {
  ForbiddenError,
  NotFoundError,
  UnauthorizedError,
  ValidationError,
} from '@chasqui/protocol';

interface Request {
  userId: string;
  /** REST endpoint or command, never its input. */
  action: string;
}

/**
 * Records in the security log that an authenticated user was refused: missing permission
 * (ForbiddenError, or NotFoundError for hidden things), malformed input, or a foreign token in the
 * input. Other errors are not refusals.
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
