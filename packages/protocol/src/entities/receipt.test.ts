import fc from 'fast-check';
import { furthest, leastFar, messageStatuses, type MessageStatus } from './receipt';

const status = fc.constantFrom<MessageStatus>(...messageStatuses);

test('[D6] late, duplicated and reordered statuses end at the highest', () => {
  fc.assert(
    fc.property(fc.array(status, { minLength: 1 }), fc.nat(), (news, turn) => {
      const crossed = [...news.slice(turn % news.length), ...news];
      expect(crossed.reduce(furthest)).toBe(news.reduce(furthest));
      for (const one of news)
        expect(furthest(one, news.reduce(furthest))).toBe(news.reduce(furthest));
    }),
  );
});

test('[D6] the lowest status of several recipients counts', () => {
  expect((['read', 'sent', 'delivered'] as const).reduce<MessageStatus>(leastFar, 'read')).toBe(
    'sent',
  );
  expect(leastFar('delivered', 'read')).toBe('delivered');
});
