import {
  ConflictError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnauthorizedError,
  ValidationError,
  wireErrorSchema,
} from '@chasqui/protocol';
import { type Backoff, backoffMs } from '../scheduling/backoff';
import type { StoredEntry } from './outboxEntry';

type StoredRefusal = NonNullable<StoredEntry['refused']>;

/** The consequence of a failed attempt. */
export type Outcome =
  /** The server refused the message; the user decides. */
  | { readonly kind: 'refused'; readonly error: StoredRefusal }
  /** Retry with the same id after a wait, of this conversation or of all. */
  | { readonly kind: 'again'; readonly waitMs: number; readonly isForAll: boolean };

const RETRY: Backoff = { firstMs: 500, maxMs: 30_000 };
/** An internal error may be fixed, for instance by a new server version. After this many, the user is asked. */
const BUGS_MAX = 5;

/**
 * Decides what to do after a failed attempt. Only a refusal by the server concerns the message; a lost reply, an expired
 * token or a rate limit does not. `failures` counts consecutive failed attempts, this one included.
 */
export function decideRetry(error: unknown, failures: number, random: number): Outcome {
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
    // The limit applies to the user, not to one conversation. Jitter keeps tabs from retrying at the same moment.
    return { kind: 'again', waitMs: waitMs * (1 + random / 4), isForAll: true };
  }
  return {
    kind: 'again',
    waitMs: backoffMs(RETRY, failures, random),
    isForAll: error instanceof UnauthorizedError,
  };
}
