import { splitLinks } from './links';

/** Marks each link with « and ». */
const shown = (text: string): string =>
  splitLinks(text)
    .map((part) => (part.href === undefined ? part.text : `«${part.text}»`))
    .join('');

test.each([
  // Brackets opened inside the URL belong to it; those of the sentence do not.
  ['https://en.wikipedia.org/wiki/Quipu_(knots)', '«https://en.wikipedia.org/wiki/Quipu_(knots)»'],
  ['(see https://example.org/a)', '(see «https://example.org/a»)'],
  ['(https://example.org/a_(b))', '(«https://example.org/a_(b)»)'],
  ['(https://example.org/a_(b)).', '(«https://example.org/a_(b)»).'],
  ['[https://example.org/?q[]=1]', '[«https://example.org/?q[]=1»]'],
  ['https://example.org/))))', '«https://example.org/»))))'],
  ['http://[::1]:8080/x', '«http://[::1]:8080/x»'],
  // Punctuation of the sentence.
  ['https://example.org.', '«https://example.org».'],
  ['https://example.org/?a=b!?', '«https://example.org/?a=b»!?'],
  ['https://example.org/a.b,c', '«https://example.org/a.b,c»'],
  ['https://example.org/a…', '«https://example.org/a»…'],
  ['"https://example.org/a"', '"«https://example.org/a»"'],
  ['“https://example.org/a”', '“«https://example.org/a»”'],
  ['<https://example.org/a>', '<«https://example.org/a»>'],
  ['https://example.org/a/', '«https://example.org/a/»'],
  ['https://example.org/#a-', '«https://example.org/#a-»'],
  // Chinese, Japanese and Korean put no space after a URL.
  ['見て https://example.org/a。次', '見て «https://example.org/a»。次'],
  ['https://example.org/a、b', '«https://example.org/a»、b'],
  ['（https://example.org/a）', '（«https://example.org/a»）'],
  ['「https://example.org/a」', '「«https://example.org/a»」'],
  ['https://example.org/a！', '«https://example.org/a»！'],
  ['请看https://example.org/a，谢谢', '请看«https://example.org/a»，谢谢'],
  ['https://example.org/a\u3000b', '«https://example.org/a»\u3000b'],
  // Other scripts in host and path.
  ['https://bücher.example/größe', '«https://bücher.example/größe»'],
  ['https://例え.テスト/パス?語=一', '«https://例え.テスト/パス?語=一»'],
  ['https://пример.рф', '«https://пример.рф»'],
  ['https://example.org/a؟', '«https://example.org/a»؟'],
  // Bidirectional controls are not part of a URL.
  ['https://example.org/\u202egpj.exe', '«https://example.org/»\u202egpj.exe'],
  ['https://example.org/a\u2069b', '«https://example.org/a»\u2069b'],
  ['https://example.org/\u200bb', '«https://example.org/»\u200bb'],
  // Without a scheme.
  ['www.example.org/a', '«www.example.org/a»'],
  ['WWW.Example.org', '«WWW.Example.org»'],
  ['www.example', 'www.example'],
  ['www. and www...', 'www. and www...'],
  ['awww.example.org', 'awww.example.org'],
  // Not a URL, or not a web URL.
  ['javascript:alert(1)', 'javascript:alert(1)'],
  ['data:text/html,x', 'data:text/html,x'],
  ['javascript:https://example.org/%0aalert(1)', 'javascript:«https://example.org/%0aalert(1)»'],
  ['https://', 'https://'],
  ['https://)', 'https://)'],
  ['https://exa mple', '«https://exa» mple'],
  ['xhttps://example.org', 'xhttps://example.org'],
  // Several URLs.
  ['HTTPS://A.example http://b.example', '«HTTPS://A.example» «http://b.example»'],
  ['https://a.example,https://b.example', '«https://a.example,https://b.example»'],
  ['', ''],
])('%j', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('a URL without a scheme links to https, others keep their scheme', () => {
  expect(splitLinks('www.example.org').map(({ href }) => href)).toEqual([
    'https://www.example.org',
  ]);
  expect(splitLinks('http://a.example').map(({ href }) => href)).toEqual(['http://a.example']);
});

test('the parts concatenate to the text, and splitting takes linear time', () => {
  const worst = [
    (n: number) => 'https://'.repeat(n),
    (n: number) => `https://a.example/${'('.repeat(n)}${')'.repeat(n)}`,
    (n: number) => `https://a.example/${')'.repeat(n)}`,
    (n: number) => `https://a.example/${'.,'.repeat(n)}x`,
    (n: number) => 'www.'.repeat(n),
    (n: number) => '%www.'.repeat(n),
    (n: number) => 'https://%'.repeat(n),
    (n: number) => 'http://a.example '.repeat(n),
  ];
  for (const make of worst) {
    const [small, large] = [make(1_000), make(4_000)];
    expect(
      splitLinks(large)
        .map(({ text }) => text)
        .join(''),
    ).toBe(large);
    // Four times the text may take four times the work; quadratic time would take sixteen.
    expect(workOf(large)).toBeLessThan(6 * workOf(small));
  }
});

/** Counts the characters that are examined, which is independent of machine speed. */
function workOf(text: string): number {
  let work = 0;
  const charAt = jest.spyOn(String.prototype, 'charAt').mockImplementation(function (
    this: string,
    at: number,
  ) {
    work += 1;
    return this[at] ?? '';
  });
  splitLinks(text);
  charAt.mockRestore();
  return work;
}
