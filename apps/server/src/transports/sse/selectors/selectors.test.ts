import { ValidationError } from '@chasqui/protocol';
import { parseSelector, selectorKindOf, type SelectorKind } from './selector';

const HUB = 'https://hub.example/.well-known/mercure';
const matches = async (kind: SelectorKind, selector: string, topic: string): Promise<boolean> =>
  (await parseSelector(kind, selector, HUB)).matches(topic);

test.each([
  ['a', 'a', true],
  ['a', 'A', false],
  ['*', 'anything', true],
  ['/books/{id}', '/books/1', true],
  ['/books/{id}', '/books/', true],
  ['/books/{id}', '/books/1/2', false],
  ['/books/{id}', '/books/{id}', true],
  ['/books/{+id}', '/books/a%20b', true],
  ['/books/{+id}', '/books/1/2', false],
  ['/books{/id}', '/books/7', true],
  ['/books{/id}', '/books', true],
  ['/books{/id,part}', '/books/7/2', true],
  ['/books{?q,page}', '/books?q=x&page=2', true],
  ['/books{?q}', '/books', true],
  ['/books{?q}', '/books?r=x', false],
  ['/users/foo/{?topic}', '/users/foo/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1', true],
  ['/a{.format}', '/a.json', true],
  ['/a{#part}', '/a#b', true],
  ['/a{;x}', '/a;x=1', true],
  ['{a}{b}', 'x', true],
  ['/books/{id', '/books/{id', true],
  ['/books/{id', '/books/1', false],
  ['/books/{a b}', '/books/1', false],
  ['/chat/room/{id}', '/chat/room/5?x', true],
])('the topic selector %s against %s: %s', async (selector, topic, expected) => {
  expect(await matches('topic', selector, topic)).toBe(expected);
});

test.each([
  ['https://example.com/books/:id', 'https://example.com/books/1', true],
  ['https://example.com/books/:id', 'https://example.com/books/1/2', false],
  ['https://example.com/books/:id', 'https://example.com/books/', false],
  ['https://example.com/books/:id?', 'https://example.com/books', true],
  ['https://example.com/books{/:id}?', 'https://example.com/books/4', true],
  ['https://example.com/*', 'https://example.com/a/b/c', true],
  ['https://*.example.com/a', 'https://b.example.com/a', true],
  ['https://:sub.example.com/a', 'https://b.c.example.com/a', false],
  ['/books/:id', '/books/1', true],
  ['/books/:id', 'https://hub.example/books/1', true],
  ['/books/:id', 'https://other.example/books/1', false],
  [
    '/.well-known/mercure/subscriptions/exact/:topic/:who',
    '/.well-known/mercure/subscriptions/exact/a%2Fb/urn:uuid:1',
    true,
  ],
  ['https://EXAMPLE.com/a', 'https://example.com/a', true],
  ['https://example.com/A', 'https://example.com/a', false],
  ['*', 'anything at all', true],
  ['/b', 'http://[', false],
])('the URL pattern %s against %s: %s', async (pattern, topic, expected) => {
  expect(await matches('urlpattern', pattern, topic)).toBe(expected);
});

test('an exact selector compares bytes, and * is everything', async () => {
  expect(await matches('exact', '/books/{id}', '/books/1')).toBe(false);
  expect(await matches('exact', '/books/{id}', '/books/{id}')).toBe(true);
  expect(await matches('exact', '*', '/books/1')).toBe(true);
});

test.each([
  ['urlpattern', 'https://example.com/:id(\\d+)'],
  ['urlpattern', '/{a}+'],
  ['urlpattern', '/:a*'],
  ['urlpattern', 'https://[/'],
  ['exact', ''],
  ['exact', 'a\u200bb'],
  ['topic', 'a\nb'],
  ['topic', 'x'.repeat(2_049)],
] as const)('the %s selector %j is refused', async (kind, text) => {
  await expect(parseSelector(kind, text, HUB)).rejects.toThrow(ValidationError);
});

test('unknown matcher types are refused, and other parameters are ignored', () => {
  expect(selectorKindOf('match_urlpattern')).toBe('urlpattern');
  expect(selectorKindOf('authorization')).toBeUndefined();
  expect(() => selectorKindOf('match_regexp')).toThrow(ValidationError);
  expect(() => selectorKindOf('MATCH')).toThrow(ValidationError);
});

test('an expensive selector costs states times characters', async () => {
  const selector = await parseSelector('topic', '{a}a'.repeat(500), HUB);
  const pattern = await parseSelector('urlpattern', `/${'*a'.repeat(500)}`, HUB);
  const topic = `/${'a'.repeat(499)}b`;
  expect([selector.matches(topic), pattern.matches(topic)]).toEqual([false, false]);
});
