import { isKnownKind, messageSchema, type Message } from './message';

const id = '0190b3c4-1111-7222-8333-444455556666';
const message: Message = {
  id,
  conversation_id: id,
  seq: 1,
  version: 1,
  kind: 'message',
  sender_id: id,
  client_message_id: 'x',
  message_type: 'text',
  content_encrypted: 'hello',
  reply_to_id: null,
  created_at: '2026-01-31T12:00:00.000Z',
  edited_at: null,
  deleted_at: null,
  reactions: [{ emoji: '👍', user_ids: [id] }],
  status: 'sent',
};

test('a message, its tombstone and an event are entries', () => {
  const tombstone = { ...message, content_encrypted: null, deleted_at: message.created_at };
  const event = {
    ...tombstone,
    deleted_at: null,
    client_message_id: null,
    kind: 'event',
    event: { type: 'role', user_ids: [id], role: 'admin' },
  };
  for (const entry of [message, tombstone, event]) {
    expect(messageSchema.parse(entry)).toEqual(entry);
  }
});

test('times are ISO 8601 in UTC with milliseconds', () => {
  for (const created_at of ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000+00:00', 'now', 0]) {
    expect(messageSchema.safeParse({ ...message, created_at }).success).toBe(false);
  }
});

test('an entry of an unknown kind is recognised', () => {
  expect(['message', 'event'].every(isKnownKind)).toBe(true);
  expect(isKnownKind('key_exchange')).toBe(false);
});
