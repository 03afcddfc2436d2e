import { isUnavailable } from '@chasqui/db';
import { ChasquiError, InternalError, UnavailableError, ValidationError } from '@chasqui/protocol';

/**
 * Turns any thrown value into a protocol error: core errors pass through, a store outage becomes
 * UnavailableError, and everything else becomes InternalError with its cause for the log.
 */
export function translateError(error: unknown): ChasquiError {
  if (error instanceof ChasquiError) return error;
  if (isUnavailable(error)) {
    return caused(new UnavailableError('the store does not respond; try again'), error);
  }
  // Express could not decode a path segment.
  if (error instanceof URIError) return new ValidationError('the path is malformed');
  return caused(new InternalError('unhandled error in request'), error);
}

function caused(translated: ChasquiError, cause: unknown): ChasquiError {
  translated.cause = cause;
  return translated;
}
