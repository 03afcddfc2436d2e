import type { Bar } from '@pern/protocol/conversation';
import { ForbiddenError } from '@pern/protocol/errors';

/**
 * What whoever wants to write there is told. Of a block both are told the same, so that nobody learns
 * from it who has blocked whom. An app goes by `details.reason`.
 */
export function barredError(bar: Bar): ForbiddenError {
  switch (bar) {
    case 'blocked':
      return new ForbiddenError('one of the two has blocked the other', { reason: bar });
    case 'deleted':
      return new ForbiddenError('the account of the other was deleted', { reason: bar });
    default:
      return bar satisfies never;
  }
}
