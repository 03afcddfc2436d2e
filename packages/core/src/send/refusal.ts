import { type Bar, ConflictError, NotFoundError, ValidationError } from '@chasqui/protocol';
import { barredError } from '../blocks/barred';

/** The error for a send that was not stored. */
export function refusal(outcome: 'not_found' | 'conflict' | 'bad_reply' | Bar): Error {
  switch (outcome) {
    case 'not_found':
      return new NotFoundError();
    case 'conflict':
      return new ConflictError('this client message id was used with other content');
    case 'bad_reply': {
      const message = 'must be a message of this conversation';
      return new ValidationError(`reply_to_id: ${message}`, [{ path: 'reply_to_id', message }]);
    }
    case 'blocked':
    case 'deleted':
      return barredError(outcome);
    default:
      return outcome satisfies never;
  }
}
