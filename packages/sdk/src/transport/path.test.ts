import { ValidationError } from '@chasqui/protocol';
import fc from 'fast-check';
import { isPlainSegment, pathOf } from './path';

const template = '/api/messages/:messageId/reactions/:emoji';
const path = (emoji: string): string => pathOf(template, { messageId: 'm', emoji });

/** The path segments a server sees after URL parsing. */
const segmentsOf = (made: string): string[] =>
  new URL(`http://host/base${made}`).pathname.split('/').map(decodeURIComponent);

test.each(['.', '..', '', '\ud800', 'a\udc00'])('rejects %j as a segment', (text) => {
  expect(() => path(text)).toThrow(ValidationError);
});

test('rejects a missing parameter', () => {
  expect(() => pathOf(template, { messageId: 'm' })).toThrow(ValidationError);
});

test.each([
  ...['%2e', '%2E%2e', '/', '\\', '//host', '../..', '?x', '#x', ';x', 'a b', '\n', ':emoji'],
  ...['__proto__', '{x}', '❤️', '1️⃣', '#️⃣', '\u202e'],
])('keeps %j in one segment', (text) => {
  expect(segmentsOf(path(text))).toEqual(['', 'base', 'api', 'messages', 'm', 'reactions', text]);
});

test('any text survives as one segment or is rejected', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (text) => {
      let made: string;
      try {
        made = path(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ValidationError);
        return;
      }
      expect(segmentsOf(made).slice(-1)).toEqual([text]);
      expect(segmentsOf(made)).toHaveLength(7);
    }),
    { numRuns: 1000 },
  );
});

test('a query parameter can hold any text', () => {
  const made = pathOf('/api/users', {}, { query: '..&x=/\\%2e', cursor: undefined, limit: 2 });
  const { pathname, searchParams } = new URL(`http://host${made}`);
  expect([pathname, ...searchParams]).toEqual([
    '/api/users',
    ['query', '..&x=/\\%2e'],
    ['limit', '2'],
  ]);
});

test('a plain segment contains nothing that servers or proxies may rewrite', () => {
  for (const text of ['❤️', '1️⃣', 'a', '👩‍👩‍👧‍👦']) expect(isPlainSegment(text)).toBe(true);
  for (const text of ['', '.', 'a.b', 'a/b', '\\', '%2e', '\n', '\ud800']) {
    expect(isPlainSegment(text)).toBe(false);
  }
});
