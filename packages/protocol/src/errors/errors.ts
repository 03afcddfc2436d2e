import * as z from 'zod';

/**
 * The closed list of errors on the wire. Each name belongs to one of four families, which determines what the caller should
 * do:
 *
 * - change the request: ValidationError, UnauthorizedError, ForbiddenError, NotFoundError, ConflictError
 * - wait: RateLimitError
 * - retry with the same client message id: UnavailableError
 * - report a bug: InternalError
 */
export const errorNames = [
  'ValidationError',
  'UnauthorizedError',
  'ForbiddenError',
  'NotFoundError',
  'ConflictError',
  'RateLimitError',
  'UnavailableError',
  'InternalError',
] as const;

export type ErrorName = (typeof errorNames)[number];

/** A refused field: its path (`participant_ids.3`) and the reason, never its value. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** Refused fields, or named values such as `{retry_after_seconds: 2}`. */
export type ErrorDetails = readonly FieldError[] | Readonly<Record<string, unknown>>;

export interface WireError {
  name: ErrorName;
  message: string;
  details?: ErrorDetails | undefined;
}

const fieldErrorSchema = z.object({ path: z.string(), message: z.string() });

/** `error` in a REST answer and in a refused command; `data` of a refused handshake. */
export const wireErrorSchema = z
  .object({
    name: z
      .enum(errorNames)
      .meta({ description: 'Callers act on the name; the message is for people.' }),
    message: z.string(),
    details: z
      .union([z.array(fieldErrorSchema), z.record(z.string(), z.unknown())])
      .optional()
      .meta({
        description:
          'Refused fields as [{path, message}], or named values such as {retry_after_seconds}.',
      }),
  })
  .meta({ id: 'Error' });

/** The body of every REST error. */
export const errorBodySchema = z.object({ error: wireErrorSchema }).meta({ id: 'ErrorBody' });
export type ErrorBody = { error: WireError };

/** Thrown by the core and translated once by each transport. Any other error is a bug. */
export abstract class ChasquiError extends Error {
  abstract override readonly name: ErrorName;
  /** The HTTP status code. */
  abstract readonly status: number;
  readonly details?: ErrorDetails | undefined;
  /** Whole seconds to wait before a retry. */
  readonly retryAfterSeconds?: number | undefined;

  constructor(message: string, details?: ErrorDetails, retryAfterSeconds?: number) {
    super(message);
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The public form. Sockets have no Retry-After header, so the seconds are in the details as well. */
  toWire(): WireError {
    const details =
      this.details ??
      (this.retryAfterSeconds === undefined
        ? undefined
        : { retry_after_seconds: this.retryAfterSeconds });
    return {
      name: this.name,
      message: this.message,
      ...(details === undefined ? {} : { details }),
    };
  }
}

/** Change the request: it is malformed (400), too large (413) or not JSON (415). Repeating it unchanged cannot succeed. */
export class ValidationError extends ChasquiError {
  override readonly name = 'ValidationError';
  override readonly status: 400 | 413 | 415;

  constructor(message: string, details?: readonly FieldError[], status: 400 | 413 | 415 = 400) {
    super(message, details);
    this.status = status;
  }
}

/** Change the request: log in, or refresh the token, then send it again. */
export class UnauthorizedError extends ChasquiError {
  override readonly name = 'UnauthorizedError';
  override readonly status = 401;

  constructor(message = 'no, wrong, expired or revoked token') {
    super(message);
  }
}

/** Change the request: the participant's role does not allow it. Other users get a NotFoundError (D9). */
export class ForbiddenError extends ChasquiError {
  override readonly name = 'ForbiddenError';
  override readonly status = 403;
}

/** Change the request: it does not exist, or the user may not see it. One text for both, so that nothing leaks (D9). */
export class NotFoundError extends ChasquiError {
  override readonly name = 'NotFoundError';
  override readonly status = 404;

  constructor(message = 'not found') {
    super(message);
  }
}

/** Change the request: the name is taken, the user is already a participant, or the id was used with other content (D2). */
export class ConflictError extends ChasquiError {
  override readonly name = 'ConflictError';
  override readonly status = 409;
}

/** Wait `retryAfterSeconds`, then repeat the request. */
export class RateLimitError extends ChasquiError {
  override readonly name = 'RateLimitError';
  override readonly status = 429;

  constructor(retryAfterSeconds: number, message = 'too many requests') {
    super(message, undefined, Math.max(1, Math.ceil(retryAfterSeconds)));
  }
}

/** Retry with the same client message id: the outcome of the send is unknown, and the id prevents a duplicate (D2). */
export class UnavailableError extends ChasquiError {
  override readonly name = 'UnavailableError';
  override readonly status = 503;

  constructor(message = 'the service is not available at the moment', retryAfterSeconds = 1) {
    super(message, undefined, Math.max(1, Math.ceil(retryAfterSeconds)));
  }
}

/** Report a bug. Message and details go to the log only; the wire carries only the name. */
export class InternalError extends ChasquiError {
  override readonly name = 'InternalError';
  override readonly status = 500;

  override toWire(): WireError {
    return { name: this.name, message: 'something went wrong on our side' };
  }
}
