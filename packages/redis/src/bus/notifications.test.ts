import type { Notification } from '@chasqui/core/ports';
import { createEvent, createEventFromJson } from '@chasqui/protocol';
import { encodeNotification, parseNotifications } from './notifications';

const CONVERSATION = 'conversation';
const status = {
  conversationId: CONVERSATION,
  messageId: 'message',
  seq: 7,
  userId: 'ben',
  status: 'read',
  timestamp: '2026-11-30T00:00:00.000Z',
} as const;

const topicEvents: Notification & object = {
  ...{ type: 'topic-events', log: 'app', lastSeq: 3 },
  events: [
    {
      ...{ seq: 3, id: 'e', topics: ['/news'], private: true, type: null, data: 'x' },
      ...{ retry: null, at: 5 },
    },
  ],
};

const written: [Notification, object][] = [
  [
    {
      type: 'entries',
      batch: [
        {
          conversationId: CONVERSATION,
          membersVersion: 3,
          entries: [
            {
              ...{
                id: 'm',
                conversationId: CONVERSATION,
                seq: 7,
                senderId: 'ana',
                counts: true,
                origin: 'c',
              },
              at: 5,
              event: createEventFromJson('chat:message_received', '{"id":"m"}', {
                ...{ conversationId: CONVERSATION, seq: 7, recipients: { scope: 'members' } },
              }),
            },
          ],
        },
      ],
    },
    {
      type: 'entries',
      batch: [
        {
          conversationId: CONVERSATION,
          membersVersion: 3,
          entries: [
            {
              ...{ id: 'm', seq: 7, senderId: 'ana', counts: true, origin: 'c' },
              ...{ json: '{"id":"m"}', at: 5 },
            },
          ],
        },
      ],
    },
  ],
  [
    {
      type: 'conversation',
      membersVersion: 3,
      event: createEventFromJson('chat:user_typing', '{"isTyping":true}', {
        ...{
          conversationId: CONVERSATION,
          seq: null,
          recipients: { scope: 'members', except: 'ana' },
        },
      }),
    },
    {
      ...{
        type: 'conversation',
        conversationId: CONVERSATION,
        membersVersion: 3,
        seq: 0,
        except: 'ana',
      },
      ...{ event: 'chat:user_typing', json: '{"isTyping":true}' },
    },
  ],
  [
    {
      type: 'users',
      events: [
        createEvent('chat:message_status_updated', status, {
          ...{
            conversationId: CONVERSATION,
            seq: 7,
            recipients: { scope: 'users', userIds: ['ana'] },
          },
        }),
      ],
    },
    {
      type: 'users',
      events: [
        {
          ...{ userIds: ['ana'], event: 'chat:message_status_updated' },
          ...{ json: JSON.stringify(status), conversationId: CONVERSATION, seq: 7 },
        },
      ],
    },
  ],
  [
    {
      ...{ type: 'membership', conversationId: CONVERSATION, membersVersion: 4, userIds: ['ben'] },
      created: null,
    },
    {
      ...{ type: 'membership', conversationId: CONVERSATION, membersVersion: 4, userIds: ['ben'] },
      joined: null,
    },
  ],
  [topicEvents, topicEvents],
];

const byType = written.map(([notification, wire]) => ({
  type: notification.type,
  notification,
  wire,
}));

test.each(byType)('$type keeps its wire format and is read back', ({ notification, wire }) => {
  const text = encodeNotification(notification);
  expect(JSON.parse(text)).toEqual(wire);
  const [read] = parseNotifications(`[${text}]`);
  expect(read).toBeDefined();
  expect(encodeNotification(read as Notification)).toBe(text);
});

test("an event for users from the previous release gets its place from the event's data", () => {
  const event = { userIds: ['ana'], event: 'chat:message_status_updated' };
  const wire = { type: 'users', events: [{ ...event, json: JSON.stringify(status) }] };
  expect(parseNotifications(JSON.stringify([wire]))).toMatchObject([
    { type: 'users', events: [{ conversationId: CONVERSATION, seq: 7, data: status }] },
  ]);
});

test('an event that only a newer release has is dropped, and the others are kept', () => {
  const known = { userIds: ['ana'], event: 'chat:queue_empty', json: '{"delivered":0}' };
  const wire = { type: 'users', events: [{ ...known, event: 'chat:of_the_future' }, known] };
  expect(parseNotifications(JSON.stringify([wire]))).toMatchObject([
    { type: 'users', events: [{ name: 'chat:queue_empty' }] },
  ]);
});
