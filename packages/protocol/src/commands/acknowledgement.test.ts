import { parseWith } from '../values/parse';
import { acknowledgement } from './acknowledgement';

const id = '0190b3c4-1111-7222-8333-444455556666';

test('[D6] an acknowledgement names a message or a position', () => {
  expect(parseWith(acknowledgement, { messageId: id, seq: 'x' })).toEqual({ messageId: id });
  expect(parseWith(acknowledgement, { conversationId: id, seq: 3 })).toEqual({
    conversationId: id,
    seq: 3,
  });
});

test.each([{}, { conversationId: id }, { seq: 3 }, { messageId: null }, { messageId: [id] }])(
  'an incomplete acknowledgement is refused: %j',
  (value) => {
    expect(() => parseWith(acknowledgement, value)).toThrow(
      'the request must be {messageId} or {conversationId, seq}',
    );
  },
);
