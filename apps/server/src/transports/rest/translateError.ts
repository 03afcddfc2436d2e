import { isUnavailable } from '@chasqui/db';
import { ChasquiError, InternalError, UnavailableError, ValidationError } from '@chasqui/protocol';

/**
 * Turns whatever was thrown into one of the errors of the contract: those of the core as they are, a
 * store that is gone into UnavailableError, everything else into InternalError with its cause for the log.
 */
export function translateError(error: unknown): ChasquiError {
  if (error instanceof ChasquiError) return error;
  if (isUnavailable(error)) {
    return caused(new UnavailableError('the store does not answer; try again'), error);
  }
  // Express could not decode a part of the path.
  if (error instanceof URIError) return new ValidationError('the path is malformed');
  return caused(new InternalError('a bug'), error);
}

function caused(translated: ChasquiError, cause: unknown): ChasquiError {
  translated.cause = cause;
  return translated;
}
