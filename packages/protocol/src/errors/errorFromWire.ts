import {
  ConflictError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnauthorizedError,
  UnavailableError,
  ValidationError,
  wireErrorSchema,
  type ChasquiError,
  type ErrorDetails,
} from './errors';

/**
 * Converts a received error back to the error that a client throws. Unknown and malformed shapes, including those of newer
 * servers, become an InternalError. `retryAfterSeconds` is the Retry-After header, if any.
 */
export function errorFromWire(wire: unknown, retryAfterSeconds?: number): ChasquiError {
  const parsed = wireErrorSchema.safeParse(wire);
  if (!parsed.success) return new InternalError('an error of a shape this client does not know');
  const { name, message, details } = parsed.data;
  const wait = retryAfterSeconds ?? retryAfterIn(details) ?? 1;
  switch (name) {
    case 'ValidationError':
      return new ValidationError(message, Array.isArray(details) ? details : undefined);
    case 'UnauthorizedError':
      return new UnauthorizedError(message);
    case 'ForbiddenError':
      return new ForbiddenError(message, details);
    case 'NotFoundError':
      return new NotFoundError(message);
    case 'ConflictError':
      return new ConflictError(message, details);
    case 'RateLimitError':
      return new RateLimitError(wait, message);
    case 'UnavailableError':
      return new UnavailableError(message, wait);
    case 'InternalError':
      return new InternalError(message, details);
    default:
      return name satisfies never;
  }
}

function retryAfterIn(details: ErrorDetails | undefined): number | undefined {
  if (details === undefined || !('retry_after_seconds' in details)) return undefined;
  const seconds = details.retry_after_seconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
}
