import { shortageOf } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import { type ChasquiError, InternalError, UnavailableError } from '@chasqui/protocol';
import { translateError } from '../transports/rest/translateError';

/**
 * Translates a thrown value into a protocol error, for every transport, and logs the cause that the
 * caller must not see. `where` identifies the operation and never contains its input.
 */
export type ErrorReporter = (
  thrown: unknown,
  where: Readonly<Record<string, unknown>>,
) => ChasquiError;

/** During an outage every request fails: log one line per interval, with the number of refusals. */
const LINE_EVERY_MS = 5_000;

export function createErrorReporter({ log, clock }: { log: Log; clock: Clock }): ErrorReporter {
  let unlogged = 0;
  let last: { err: unknown } = { err: undefined };
  let paused = false;

  function logOutage(): void {
    const shortage = shortageOf(last.err);
    const message = shortage === undefined ? '' : `: PostgreSQL has no ${shortage} left`;
    log.warn({ ...last, count: unlogged }, `refused as unavailable${message}`);
    unlogged = 0;
    paused = true;
    clock.setTimeout(() => {
      paused = false;
      if (unlogged > 0) logOutage();
    }, LINE_EVERY_MS);
  }

  return (thrown, where) => {
    const error = translateError(thrown);
    if (error instanceof InternalError) {
      log.error({ err: error.cause ?? error, ...where }, 'unhandled error in request');
    } else if (error instanceof UnavailableError) {
      unlogged += 1;
      last = { err: error.cause ?? error, ...where };
      if (!paused) logOutage();
    }
    return error;
  };
}
