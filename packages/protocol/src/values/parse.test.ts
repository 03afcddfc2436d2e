import fc from 'fast-check';
import * as z from 'zod';
import { messageSend } from '../commands/messageSend';
import { ValidationError } from '../errors/errors';
import { parseWith } from './parse';
import { endpoints } from '../rest/endpoints';
import { commands } from '../socket';

const id = '0190b3c4-1111-7222-8333-444455556666';

function refusalOf(schema: z.ZodType, value: unknown): ValidationError {
  try {
    parseWith(schema, value);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

test('a refusal names the first field in its message and lists all of them', () => {
  const error = refusalOf(messageSend.data, { conversationId: 'x', messageType: 'song' });
  expect(error.message).toBe('conversationId must be a UUID (and 2 more)');
  expect(error.details).toEqual([
    { path: 'conversationId', message: 'must be a UUID' },
    { path: 'contentEncrypted', message: 'is missing' },
    { path: 'messageType', message: 'must be one of text, image, file, voice' },
  ]);
  expect(refusalOf(messageSend.data, undefined).message).toBe('the request is missing');
  expect(refusalOf(messageSend.data, []).message).toBe('the request must be an object');
  expect(refusalOf(z.object({ isTyping: z.boolean() }), { isTyping: 1 }).message).toBe(
    'isTyping must be a boolean',
  );
});

test('a value is never repeated', () => {
  const secret = 'hunter2\u0000';
  for (const field of ['conversationId', 'contentEncrypted', 'messageType', 'clientMessageId']) {
    const error = refusalOf(messageSend.data, { [field]: secret });
    expect(JSON.stringify([error.message, error.toWire()])).not.toContain('hunter2');
  }
});

test('a thousand wrong ids are reported in twenty lines', () => {
  const ids = Array.from({ length: 1000 }, () => 'x');
  const error = refusalOf(endpoints.createGroup.body, { title: 'x', participant_ids: ids });
  expect(error.message).toBe('participant_ids.0 must be a UUID (and 19 more)');
  expect(error.details).toHaveLength(20);
});

test('unknown and server-set fields are removed', () => {
  const sent = { conversation_id: id.toUpperCase(), content_encrypted: 'x', seq: 7, sender_id: id };
  expect(parseWith(endpoints.sendMessage.body, sent)).toEqual({
    conversation_id: id,
    content_encrypted: 'x',
    message_type: 'text',
  });
});

test('prototype keys change nothing', () => {
  const value: unknown = JSON.parse(
    `{"conversationId":"${id}","contentEncrypted":"x","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
  );
  const parsed = parseWith(messageSend.data, value);
  expect(Object.keys(parsed).sort()).toEqual(['contentEncrypted', 'conversationId', 'messageType']);
  expect('admin' in parsed).toBe(false);
  const inherited: unknown = JSON.parse('{"__proto__":{"conversationId":"x"}}');
  expect(() => parseWith(messageSend.data, inherited)).toThrow(ValidationError);
});

const bodies = Object.values(endpoints).flatMap((endpoint) =>
  'body' in endpoint ? [[endpoint.path, endpoint.body] as const] : [],
);
const payloads = commands.flatMap((command) =>
  command.name.startsWith('presence:') ? [] : [[command.name, command.data] as const],
);

describe.each<readonly [string, z.ZodType]>([...bodies, ...payloads])('%s', (_, schema) => {
  test.each([5_000, 20_000])('refuses or ignores %i levels of nesting', (levels) => {
    const deep = nested(levels);
    expect(() => parseWith(schema, deep)).toThrow(ValidationError);
    const everywhere = new Proxy({}, { get: () => deep });
    expect(() => parseWith(schema, everywhere)).toThrow(ValidationError);
  });

  test.each([undefined, null, 'text', 7, true, [], ['x']])('refuses %j', (value) => {
    expect(() => parseWith(schema, value)).toThrow(ValidationError);
  });

  test('any input yields a value or a ValidationError', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withDate: true }), (value) => {
        try {
          parseWith(schema, value);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
      }),
    );
  });
});
