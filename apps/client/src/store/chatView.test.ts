import { type ChatMessage, type ChatState, emptyState, type OutboxEntry } from '@chasqui/sdk';
import { emptyView, deriveView } from './chatView';

const me = { id: 'me', username: 'ana', display_name: 'Ana', created_at: '', presence: null };

const message = (seq: number, senderId: string): ChatMessage => ({
  ...{ id: `m${seq}`, conversation_id: 'c', seq, version: seq, kind: 'message' },
  ...{ sender_id: senderId, client_message_id: `c${seq}`, message_type: 'text' },
  ...{ content_encrypted: 'x', content: 'x', isUnreadable: false, reply_to_id: null },
  ...{ created_at: '2026-11-21T12:00:00.000Z', edited_at: null, deleted_at: null },
  ...{ reactions: [], status: 'sent' },
});

const waiting = (id: string, conversationId = 'c'): OutboxEntry => ({
  ...{ order: id, client_message_id: id, conversation_id: conversationId, content_encrypted: 'x' },
  ...{ message_type: 'text', reply_to_id: null, refused: null, content: 'x', status: 'waiting' },
  created_at: '2026-11-21T12:01:00.000Z',
});

const state: ChatState = {
  ...{ ...emptyState, me, connection: { state: 'live' } },
  entriesByConversation: { c: [message(1, 'ben'), message(2, 'me')] },
  outbox: [waiting('c3'), waiting('c4', 'another')],
};

test('the view holds the stored messages of the open conversation, followed by its outbox', () => {
  const view = deriveView(state, 'c');
  expect(view.messageIdsInConversation).toEqual(['m1', 'own/c2', 'own/c3']);
  expect([...view.optimisticMessageIds]).toEqual(['own/c3']);
  expect(view.messagesById['own/c2']).toMatchObject({ id: 'm2' });
  expect(view.isOnline).toBe(true);
  expect(deriveView(state, null).messageIdsInConversation).toEqual([]);
});

test('[D2] a message that another tab still has in its outbox is shown once, as sent', () => {
  const view = deriveView({ ...state, outbox: [waiting('c2')] }, 'c');
  expect(view.messageIdsInConversation).toEqual(['m1', 'own/c2']);
  expect(view.optimisticMessageIds.size).toBe(0);
});

test('unchanged parts keep their identity, so that components do not render again', () => {
  const before = deriveView(state, 'c', emptyView);
  const after = deriveView({ ...state, userPresenceById: {} }, 'c', before);
  expect(after.messagesById).toBe(before.messagesById);
  expect(after.messageIdsInConversation).toBe(before.messageIdsInConversation);
  expect(after.conversations).toBe(before.conversations);
  const other = deriveView({ ...state, outbox: [] }, 'c', before);
  expect(other.messagesById).not.toBe(before.messagesById);
});

test('a message is shown in its place, however unusual its client message id', () => {
  const ids = ['__proto__', 'constructor', '7', '', 'm1', '{"a":1}', '../..', '\u202e', '3'];
  const sent = ids.map((id, i) => ({ ...message(i + 2, 'me'), client_message_id: id }));
  const entriesByConversation = { c: [message(1, 'ben'), ...sent] };
  const view = deriveView({ ...state, entriesByConversation, outbox: [waiting('0')] }, 'c');
  const shown = view.messageIdsInConversation.map((key) => view.messagesById[key]);
  expect(shown).toHaveLength(ids.length + 2);
  expect(shown.map((one) => one?.client_message_id)).toEqual(['c1', ...ids, '0']);
});
