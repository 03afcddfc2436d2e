import {
  ConflictError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnauthorizedError,
  ValidationError,
  wireErrorSchema,
} from '@pern/protocol/errors';
import { type Backoff, backoffMs } from '../backoff';
import type { StoredEntry } from './outboxEntry';

type StoredRefusal = NonNullable<StoredEntry['refused']>;

/** What follows from an attempt that did not succeed. */
export type Outcome =
  /** The server does not want it: its user decides. */
  | { readonly kind: 'refused'; readonly error: StoredRefusal }
  /** Again with the same id, after a wait of this conversation, or of all. */
  | { readonly kind: 'again'; readonly waitMs: number; readonly isForAll: boolean };

const RETRY: Backoff = { firstMs: 500, maxMs: 30_000 };
/** A bug of the server may pass, for instance with its next version; after so many answers it is the user's to know. */
const BUGS_MAX = 5;

/**
 * Judges an attempt. Only the server can refuse a message; that there was no answer, no token, or too much at once, says
 * nothing about it. `failures` counts attempts in a row, this one included.
 */
export function judgeAttempt(error: unknown, failures: number, random: number): Outcome {
  if (
    error instanceof ValidationError ||
    error instanceof ForbiddenError ||
    error instanceof NotFoundError ||
    error instanceof ConflictError
  ) {
    return { kind: 'refused', error: wireErrorSchema.parse(error.toWire()) };
  }
  if (error instanceof InternalError && failures >= BUGS_MAX) {
    return { kind: 'refused', error: wireErrorSchema.parse(error.toWire()) };
  }
  if (error instanceof RateLimitError) {
    const waitMs = (error.retryAfterSeconds ?? 1) * 1000;
    // The limit is the user's, not the conversation's. A little more than asked, and not all tabs at once.
    return { kind: 'again', waitMs: waitMs * (1 + random / 4), isForAll: true };
  }
  return {
    kind: 'again',
    waitMs: backoffMs(RETRY, failures, random),
    isForAll: error instanceof UnauthorizedError,
  };
}
