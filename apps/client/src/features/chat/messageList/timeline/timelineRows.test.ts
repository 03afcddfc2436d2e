import type { ChatMessage, OutboxEntry } from '@chasqui/sdk';
import { timelineRows } from './timelineRows';

const ME = 'me';

function message(seq: number, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    ...{ id: `m${seq}`, conversation_id: 'c', seq, version: seq, kind: 'message' },
    ...{ sender_id: 'ben', client_message_id: `c${seq}`, message_type: 'text' },
    ...{ content_encrypted: 'x', content: 'x', isUnreadable: false, reply_to_id: null },
    ...{ created_at: new Date(2026, 10, 21, 12, 0, seq).toISOString(), edited_at: null },
    ...{ deleted_at: null, reactions: [], status: 'sent', ...more },
  };
}

const waiting = (id: string): OutboxEntry => ({
  ...{ order: id, client_message_id: id, conversation_id: 'c', content_encrypted: 'x' },
  ...{ message_type: 'text', reply_to_id: null, refused: null, content: 'x', status: 'waiting' },
  created_at: new Date(2026, 10, 21, 12, 1).toISOString(),
});

const rows = (
  messages: readonly (ChatMessage | OutboxEntry)[],
  more: { newAfter?: number | null; hasOlder?: boolean } = {},
) => timelineRows({ messages, me: ME, newAfter: null, hasOlder: false, ...more });

const names = (...given: Parameters<typeof rows>): string[] =>
  rows(...given).map(({ type, key }) => (type === 'message' ? key : type));

test('each day starts with a date row, the first one only if no older messages exist', () => {
  const next = message(3, { created_at: new Date(2026, 10, 22, 8).toISOString() });
  const messages = [message(1), message(2), next];
  expect(names(messages)).toEqual(['day', 'm1', 'm2', 'day', 'm3']);
  expect(names(messages, { hasOlder: true })).toEqual(['m1', 'm2', 'day', 'm3']);
});

test('loading older messages keeps the keys of all later rows', () => {
  const late = [message(5), message(6), message(7, { sender_id: ME })];
  const before = rows(late, { hasOlder: true });
  const after = rows([message(3), message(4), ...late], { hasOlder: true });
  expect(after.slice(-before.length).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
});

test('the divider precedes the first new message by others, and is absent until that message is loaded', () => {
  const mine = message(3, { sender_id: ME });
  const messages = [message(2), mine, message(4)];
  expect(names(messages, { newAfter: 2 })).toEqual(['day', 'm2', 'own/c3', 'new', 'm4']);
  expect(names(messages, { newAfter: 4 })).toEqual(['day', 'm2', 'own/c3', 'm4']);
  expect(names(messages, { newAfter: 0, hasOlder: true })).toEqual(['m2', 'own/c3', 'm4']);
});

test('consecutive messages by one person form a group, unless time or an event separates them', () => {
  const later = message(4, { created_at: new Date(2026, 10, 21, 12, 30).toISOString() });
  const left = { type: 'left' as const, user_ids: ['x'] };
  const event = message(5, { kind: 'event', event: left, created_at: later.created_at });
  const after = message(6, { created_at: later.created_at });
  const shown = rows([message(1), message(2), message(3, { sender_id: ME }), later, event, after]);
  const ends = shown.flatMap((row) =>
    row.type === 'message' ? [`${row.key} ${row.isFirst} ${row.isLast}`] : [],
  );
  expect(ends).toEqual([
    ...['m1 true false', 'm2 false true', 'own/c3 true true', 'm4 true true', 'm6 true true'],
  ]);
});

test('a sent message keeps its key when the server stores it', () => {
  const stored = message(2, { sender_id: ME, client_message_id: 'mine' });
  const [before, after] = [rows([message(1), waiting('mine')]), rows([message(1), stored])];
  expect(before.at(-1)?.key).toBe('own/mine');
  expect(after.at(-1)?.key).toBe('own/mine');
});
