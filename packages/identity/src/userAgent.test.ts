import { userAgentOf } from './userAgent';

test('a user agent becomes one line of printable ASCII, bounded in length', () => {
  expect(userAgentOf('  Mozilla/5.0 (X11; Linux x86_64)  ')).toBe(
    'Mozilla/5.0 (X11; Linux x86_64)',
  );
  expect(userAgentOf('one\t\u202etwo\u0000\u0085 three\u00e9')).toBe('one two three');
  expect(userAgentOf('x'.repeat(100_000))).toHaveLength(200);
  expect(userAgentOf(`${'x'.repeat(199)} y`)).toBe('x'.repeat(199));
});

test('a missing or empty user agent is null', () => {
  for (const nothing of [undefined, '', ' \u00a0\u200b ']) expect(userAgentOf(nothing)).toBeNull();
});
