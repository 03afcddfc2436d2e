import { linked } from './links';

/** The addresses, each between « and ». */
const shown = (text: string): string =>
  linked(text)
    .map((piece) => (piece.href === undefined ? piece.text : `«${piece.text}»`))
    .join('');

test.each([
  // Brackets that the address opened are its own; those of the sentence are not.
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
  // Chinese, Japanese and Korean write no space after it.
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
  // Marks that turn the direction of a text are no part of an address.
  ['https://example.org/\u202egpj.exe', '«https://example.org/»\u202egpj.exe'],
  ['https://example.org/a\u2069b', '«https://example.org/a»\u2069b'],
  ['https://example.org/\u200bb', '«https://example.org/»\u200bb'],
  // Without a scheme.
  ['www.example.org/a', '«www.example.org/a»'],
  ['WWW.Example.org', '«WWW.Example.org»'],
  ['www.example', 'www.example'],
  ['www. and www...', 'www. and www...'],
  ['awww.example.org', 'awww.example.org'],
  // No address, or none that leads to a web page.
  ['javascript:alert(1)', 'javascript:alert(1)'],
  ['data:text/html,x', 'data:text/html,x'],
  ['javascript:https://example.org/%0aalert(1)', 'javascript:«https://example.org/%0aalert(1)»'],
  ['https://', 'https://'],
  ['https://)', 'https://)'],
  ['https://exa mple', '«https://exa» mple'],
  ['xhttps://example.org', 'xhttps://example.org'],
  // Several.
  ['HTTPS://A.example http://b.example', '«HTTPS://A.example» «http://b.example»'],
  ['https://a.example,https://b.example', '«https://a.example,https://b.example»'],
  ['', ''],
])('%j', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('an address without a scheme leads to https, the others where they say', () => {
  expect(linked('www.example.org').map(({ href }) => href)).toEqual(['https://www.example.org']);
  expect(linked('http://a.example').map(({ href }) => href)).toEqual(['http://a.example']);
});

test('the pieces joined are the text, and reading it takes time in proportion to its length', () => {
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
      linked(large)
        .map(({ text }) => text)
        .join(''),
    ).toBe(large);
    // Four times the text may take four times as long; a square would take sixteen.
    expect(workOf(large)).toBeLessThan(6 * workOf(small));
  }
});

/** How many characters are looked at, counted instead of timed. */
function workOf(text: string): number {
  let work = 0;
  const charAt = jest.spyOn(String.prototype, 'charAt').mockImplementation(function (
    this: string,
    at: number,
  ) {
    work += 1;
    return this[at] ?? '';
  });
  linked(text);
  charAt.mockRestore();
  return work;
}
