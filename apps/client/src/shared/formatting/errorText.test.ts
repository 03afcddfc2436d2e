import { ForbiddenError, RateLimitError, ValidationError } from '@chasqui/protocol';
import { OfflineError } from '@chasqui/sdk';
import { errorText } from './errorText';

test('every error gets a text that says what happened and what to do, one sentence per invalid field', () => {
  expect(errorText(new OfflineError())).toContain('You are offline');
  expect(errorText(new ForbiddenError('no'))).toContain('Your role');
  expect(errorText(new RateLimitError(3))).toContain('3 s');
  expect(errorText(new Error('secret detail'))).toBe('Something went wrong. Try again.');
  const fields = [{ path: 'content_encrypted', message: 'must not be empty' }];
  expect(errorText(new ValidationError('wrong', fields))).toBe('Message: must not be empty.');
});
