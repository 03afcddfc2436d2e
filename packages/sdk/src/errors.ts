import { RateLimitError, UnavailableError } from '@chasqui/protocol';

// Errors of the client itself. Errors from the server are thrown unchanged (`@chasqui/protocol`).

/** The server cannot be reached or did not respond: the outcome of the action is unknown. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';

  constructor(message = 'the server cannot be reached', options?: ErrorOptions) {
    super(message, options);
  }
}

/** Nobody is signed in: no sign-in yet, signed out, or the server ended the session. */
export class SignedOutError extends Error {
  override readonly name = 'SignedOutError';

  constructor(message = 'nobody is signed in') {
    super(message);
  }
}

/** The storage cannot be used: another process owns it, or its content was not written by this library. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** Whether the error is transient, so that the same attempt may succeed later. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof OfflineError ||
    error instanceof UnavailableError ||
    error instanceof RateLimitError
  );
}
