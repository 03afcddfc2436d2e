import { shortageOf } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import { type ChasquiError, InternalError, UnavailableError } from '@chasqui/protocol';
import { translateError } from '../transports/rest/translateError';

/**
 * Turns what was thrown into an error of the contract, for every door, and sees to it that what the
 * caller is not told stands in the log. `where` says what was asked for, never with what.
 */
export type Failures = (thrown: unknown, where: Readonly<Record<string, unknown>>) => ChasquiError;

/** An outage refuses everything: it gets one line in so many milliseconds, with how many it refused. */
const LINE_EVERY_MS = 5_000;

export function createFailures({ log, clock }: { log: Log; clock: Clock }): Failures {
  let untold = 0;
  let last: { err: unknown } = { err: undefined };
  let resting = false;

  function tell(): void {
    const shortage = shortageOf(last.err);
    const message = shortage === undefined ? '' : `: PostgreSQL has no ${shortage} left`;
    log.warn({ ...last, count: untold }, `refused as unavailable${message}`);
    untold = 0;
    resting = true;
    clock.setTimeout(() => {
      resting = false;
      if (untold > 0) tell();
    }, LINE_EVERY_MS);
  }

  return (thrown, where) => {
    const error = translateError(thrown);
    if (error instanceof InternalError) {
      log.error({ err: error.cause ?? error, ...where }, 'a bug');
    } else if (error instanceof UnavailableError) {
      untold += 1;
      last = { err: error.cause ?? error, ...where };
      if (!resting) tell();
    }
    return error;
  };
}
