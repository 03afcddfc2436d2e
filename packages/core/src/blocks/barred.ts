import { type Bar, ForbiddenError } from '@chasqui/protocol';

/**
 * The error of a refused send. `blocked` is the same for both sides of a block and for a person who accepts messages
 * from nobody, so the sender cannot tell them apart. Apps read `details.reason`.
 */
export function barredError(bar: Bar): ForbiddenError {
  switch (bar) {
    case 'blocked':
      return new ForbiddenError('messages between these two are not possible', { reason: bar });
    case 'deleted':
      return new ForbiddenError('the account of the other was deleted', { reason: bar });
    default:
      return bar satisfies never;
  }
}
