import type { Database } from '@chasqui/db';
import { createFakeClock, quietLog } from '@chasqui/testkit';
import { createUnreadAnnouncer } from './unreadAnnouncer';

test('[D8] a read that could not be counted while PostgreSQL was away is announced when it is back', async () => {
  const clock = createFakeClock();
  const announced: unknown[] = [];
  let away = true;
  const query = jest.fn(() =>
    away ? Promise.reject(new Error('away')) : Promise.resolve([['ana', 'room', 36, 23]]),
  );
  const log = quietLog();
  const unread = createUnreadAnnouncer({
    db: { query } as unknown as Database,
    clock,
    log,
    announce: {
      toUsers(...events) {
        for (const { name, data, recipients } of events) announced.push({ name, data, recipients });
      },
    },
  });
  const counted = async (times: number): Promise<void> => {
    expect(query).toHaveBeenCalledTimes(times);
    await new Promise(setImmediate);
  };

  unread.changed('ana', 'room');
  clock.advance(50);
  await counted(1);
  clock.advance(1_000);
  await counted(2);
  expect(announced).toEqual([]);
  away = false;
  clock.advance(1_000);
  await counted(3);
  const data = { conversationId: 'room', unreadCount: 23, readSeq: 36 };
  const recipients = { scope: 'users', userIds: ['ana'] };
  expect(announced).toEqual([{ name: 'chat:unread_updated', data, recipients }]);
  clock.advance(5_000);
  await counted(3);
});
