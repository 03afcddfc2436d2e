import * as z from 'zod';

/**
 * The closed list of what can go wrong, as everyone outside sees it. A name belongs to one of four families, and the
 * family tells the caller what to do next:
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

/** One field that was refused: where it is (`participant_ids.3`) and what is wrong with it, never its value. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A list of refused fields, or named facts such as `{retry_after_seconds: 2}`. */
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
      .meta({ description: 'What the caller can act on; the message is for people.' }),
    message: z.string(),
    details: z
      .union([z.array(fieldErrorSchema), z.record(z.string(), z.unknown())])
      .optional()
      .meta({
        description:
          'Refused fields as [{path, message}], or named facts such as {retry_after_seconds}.',
      }),
  })
  .meta({ id: 'Error' });

/** The body of every REST answer that is not a success. */
export const errorBodySchema = z.object({ error: wireErrorSchema }).meta({ id: 'ErrorBody' });
export type ErrorBody = { error: WireError };

/** What the core throws and each edge translates once. Everything else that is thrown is a bug. */
export abstract class ChasquiError extends Error {
  abstract override readonly name: ErrorName;
  /** The HTTP status code. */
  abstract readonly status: number;
  readonly details?: ErrorDetails | undefined;
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number | undefined;

  constructor(message: string, details?: ErrorDetails, retryAfterSeconds?: number) {
    super(message);
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What may leave the process. A socket has no Retry-After header, so the seconds are a detail as well. */
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

/** Change the request: it is malformed (400), too large (413) or not JSON (415). Trying again as it is cannot help. */
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

/** Change the request: a participant asks for what their role does not allow. Strangers get a NotFoundError. */
export class ForbiddenError extends ChasquiError {
  override readonly name = 'ForbiddenError';
  override readonly status = 403;
}

/** Change the request: no such thing, or not yours to see. One text for both, so that nothing leaks (D9). */
export class NotFoundError extends ChasquiError {
  override readonly name = 'NotFoundError';
  override readonly status = 404;

  constructor(message = 'not found') {
    super(message);
  }
}

/** Change the request: the name is taken, they are a participant already, the id was used with other content (D2). */
export class ConflictError extends ChasquiError {
  override readonly name = 'ConflictError';
  override readonly status = 409;
}

/** Wait `retryAfterSeconds`, then send the same again. */
export class RateLimitError extends ChasquiError {
  override readonly name = 'RateLimitError';
  override readonly status = 429;

  constructor(retryAfterSeconds: number, message = 'too many requests') {
    super(message, undefined, Math.max(1, Math.ceil(retryAfterSeconds)));
  }
}

/** Retry with the same client message id: whether a send was stored is unknown, and the id makes it happen once (D2). */
export class UnavailableError extends ChasquiError {
  override readonly name = 'UnavailableError';
  override readonly status = 503;

  constructor(message = 'the service is not available at the moment', retryAfterSeconds = 1) {
    super(message, undefined, Math.max(1, Math.ceil(retryAfterSeconds)));
  }
}

/** Report a bug. Message and details are for the log alone; the wire says no more than the name. */
export class InternalError extends ChasquiError {
  override readonly name = 'InternalError';
  override readonly status = 500;

  override toWire(): WireError {
    return { name: this.name, message: 'something went wrong on our side' };
  }
}
