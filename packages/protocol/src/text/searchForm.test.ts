import fc from 'fast-check';
import { searchForm } from './searchForm';

test.each([
  ['ΝΙΚΟΣ ΣΑΣ', 'Νίκος Σας'.normalize('NFD').replace(/\u0301/g, '')],
  ['σας', 'ΣΑΣ'],
  ['İstanbul', 'istanbul'],
  ['Işıl', 'IŞIL'],
  ['I\u0307zmir', 'izmir'],
  ['Straße', 'STRASSE'],
  ['Zoë'.normalize('NFD'), 'Zoë'.normalize('NFC')],
  ['Ａｎａ', 'ana'],
  ['ﬁona', 'Fiona'],
  ['한글'.normalize('NFD'), '한글'],
  ['A\u200dna\u202e', 'ana'],
  [' Ana \u3000 María ', 'ana maría'],
  ['Ǆ', 'ǆ'],
])('%j and %j are equal', (a, b) => {
  expect(searchForm(a)).toBe(searchForm(b));
});

test('characters other than letters stay unchanged', () => {
  for (const text of ['%', '_', '\\', '50% o_f', '李', '👍', '__proto__']) {
    expect(searchForm(text)).toBe(text);
  }
});

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

test('a name is found by any of its spellings', () => {
  fc.assert(
    fc.property(text, (name) => {
      const form = searchForm(name);
      expect(searchForm(form)).toBe(form);
      expect(searchForm(name.normalize('NFD'))).toBe(form);
      expect(searchForm(name.normalize('NFC'))).toBe(form);
    }),
    { numRuns: 2000 },
  );
});

test('folding is idempotent for every character, and upper and lower case are equal', () => {
  const odd: string[] = [];
  // Beyond there are emoji, ideographs and private characters, which have no case.
  for (let code = 0; code < 0x1f000; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const form = searchForm(character);
    const others = [form, character.toUpperCase(), character.toLowerCase()];
    if (others.some((other) => searchForm(other) !== form)) odd.push(code.toString(16));
  }
  expect(odd).toEqual([]);
});
