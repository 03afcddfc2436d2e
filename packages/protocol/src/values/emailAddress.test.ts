import { parseEmail } from './emailAddress';

test.each([
  ['Ana@Example.ORG', 'ana@example.org'],
  ["o'neil+chat/x=1@mail.example.co.uk", "o'neil+chat/x=1@mail.example.co.uk"],
  ['jos\u00e9@example.org', 'jos\u00e9@example.org'],
  ['jose\u0301@example.org', 'jos\u00e9@example.org'],
  ['JOS\u00c9@example.org', 'jos\u00e9@example.org'],
  ['ana@M\u00fcnchen.example', 'ana@xn--mnchen-3ya.example'],
  ['ana@xn--mnchen-3ya.example', 'ana@xn--mnchen-3ya.example'],
  ['用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
  ['用户@例子。广告', '用户@xn--fsqu00a.xn--4rr70v'],
  ['अजय@डाटा.भारत', 'अजय@xn--c2bd1gb.xn--h2brj9c'],
])('%p is %p', (text, address) => {
  expect(parseEmail(text)).toBe(address);
  expect(parseEmail(address)).toBe(address);
});

test.each([
  ...['', '@', 'ana', 'ana@', '@example.org', 'ana@localhost', 'ana@example', 'ana@example.o'],
  ...['.ana@example.org', 'ana.@example.org', 'a..b@example.org', 'a b@example.org', 'a@b@c.org'],
  ...['"a b"@example.org', 'ana(x)@example.org', 'ana@[127.0.0.1]', 'ana@127.0.0.1', 'ana@1.2.3.4'],
  ...['ana@-a.org', 'ana@a-.org', 'ana@a..org', 'ana@a.org.', 'ana@a_b.org', 'ana@a.org:25'],
  ...['ana@a.org/x', 'ana@u:p@a.org', 'ana@a%2eorg', 'ana@xn--\u0000.org', 'ana@xn--a.org'],
  ...['ana\u202e@example.org', 'ana\u0000@example.org', 'ana\ud800@example.org', 'ana\u200b@a.org'],
  ...[`${'a'.repeat(65)}@example.org`, `${'ñ'.repeat(33)}@example.org`],
  ...[`ana@${'a'.repeat(64)}.org`, `ana@${'a.'.repeat(130)}org`],
])('%p is not an address', (text) => {
  expect(parseEmail(text)).toBeUndefined();
});

test('the longest inputs are checked in linear time, for any content', () => {
  const started = performance.now();
  for (const unit of ['a', 'a.', '.', '@', 'a@', 'é', 'e\u0301', '\ufdfa', 'xn--', '。', "'"]) {
    for (let i = 0; i < 100; i += 1) {
      parseEmail(`${unit.repeat(Math.floor(250 / unit.length))}`);
      parseEmail(`a@${unit.repeat(Math.floor(250 / unit.length))}`);
      parseEmail(`${unit.repeat(65_536)}@example.org`);
    }
  }
  // 3,300 of them: a generous bound, which a quadratic expression misses by far.
  expect(performance.now() - started).toBeLessThan(20_000);
});
