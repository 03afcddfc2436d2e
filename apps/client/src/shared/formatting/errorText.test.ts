import { ForbiddenError, RateLimitError, ValidationError } from '@pern/protocol/errors';
import { OfflineError } from '@pern/sdk/errors';
import { explain } from './errorText';

test('every error says what happened and what can be done, field by field where there are some', () => {
  expect(explain(new OfflineError())).toContain('You are offline');
  expect(explain(new ForbiddenError('no'))).toContain('Your role');
  expect(explain(new RateLimitError(3))).toContain('3 s');
  expect(explain(new Error('secret detail'))).toBe('That did not work. Try again.');
  const fields = [{ path: 'content_encrypted', message: 'must not be empty' }];
  expect(explain(new ValidationError('wrong', fields))).toBe('Message: must not be empty.');
});
