import type { Case, CommandCase, RestCase } from './cases';

const send = (body: string): RestCase => ({
  ...{ kind: 'rest', endpoint: 'sendMessage', params: {}, query: {}, body },
  ...{ authorization: 'Bearer ‹myToken›', contentType: 'application/json' },
});
const history = (query: Record<string, unknown>): RestCase => ({
  ...{
    kind: 'rest',
    endpoint: 'readHistory',
    params: { conversationId: '‹myConversation›' },
    query,
  },
  ...{ authorization: 'Bearer ‹myToken›', contentType: 'application/json' },
});
const command = (name: string, ...data: string[]): CommandCase => ({
  ...{ kind: 'command', command: name, data },
});
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Sent first in every run. A case found by a seed is added here, named after its defect. */
export const namedCases: Readonly<Record<string, Case>> = {
  'an array that would be an IN': send(
    '{"conversation_id":["‹victimConversation›"],"content_encrypted":"x"}',
  ),
  'null that would be an IS NULL': send('{"conversation_id":null,"content_encrypted":"x"}'),
  'an operator instead of an id': send('{"conversation_id":{"$ne":"x"},"content_encrypted":"x"}'),
  'server-set fields': send(
    '{"conversation_id":"‹myConversation›","content_encrypted":"x","seq":9,"sender_id":"‹victim›","kind":"event","event":{"type":"created"}}',
  ),
  'a prototype': send(
    '{"conversation_id":"‹myConversation›","content_encrypted":"x","__proto__":{"seq":9},"constructor":{"prototype":{"x":1}}}',
  ),
  'a lone surrogate': send('{"conversation_id":"‹myConversation›","content_encrypted":"\\ud83d"}'),
  'text that PostgreSQL cannot store': send(
    '{"conversation_id":"‹myConversation›","content_encrypted":"x","client_message_id":"\\u0000"}',
  ),
  depth: send(deep(20_000)),
  'a seq beyond exact integers': history({ before_seq: '9007199254740993' }),
  'a limit given twice': history({ limit: ['1', '2'] }),
  'an operator in a query': history({ 'id[$ne]': '' }),
  'depth in a command': command('chat:message_send', deep(5_000)),
  'a command named like a method': command('constructor', '{}'),
  'too many arguments': command('chat:typing', '{}', '{}', '[]', '1'),
  'a cursor of another user': command('chat:sync', '{"cursor":"‹victimCursor›"}'),
};
