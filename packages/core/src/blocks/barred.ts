import { type Bar, ForbiddenError } from '@chasqui/protocol';

/**
 * The refusal of a send. `blocked` is the same for both sides of a block and for somebody who lets nobody write to
 * them, so that it tells nobody which it is. An app goes by `details.reason`.
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
