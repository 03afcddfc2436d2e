import { UnavailableError } from '@pern/protocol/errors';

// Beside the errors of the contract (`@pern/protocol/errors`), which come from the server and are thrown as they are.

/** There is no way to the server at the moment, or no answer came: nobody knows whether it was done. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';

  constructor(message = 'the server cannot be reached', options?: ErrorOptions) {
    super(message, options);
  }
}

/** Nobody is signed in: never was, has signed out, or the server has ended the session. */
export class SignedOutError extends Error {
  override readonly name = 'SignedOutError';

  constructor(message = 'nobody is signed in') {
    super(message);
  }
}

/** The storage cannot be used: another process owns it, or what it holds is no storage of ours. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** Whether trying the same again later makes sense: nothing was refused. */
export function isPassing(error: unknown): boolean {
  return error instanceof OfflineError || error instanceof UnavailableError;
}
