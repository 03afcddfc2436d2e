import fc from 'fast-check';
import { nameQuery, searchColumns } from './searchNames';

/** Whether index and comparison find a user with these names. */
function finds(query: string, username: string, displayName: string): boolean {
  const { searchKey, searchGrams } = searchColumns(username, displayName);
  const asked = nameQuery(query);
  if (asked === null) return false;
  return asked.grams.every((gram) => searchGrams.includes(gram)) && searchKey.includes(asked.part);
}

test.each([
  ['quest', 'the_Quest1'],
  ['QUEST_', 'quest_a'],
  ['est_a', 'quest_a'],
  ['q', 'quest'],
  ['qu', 'x.quest'],
  ['%', '50% off'],
  ['_a', 'quest_a'],
  ['李', '王小李'],
  ['小李', '王小李'],
  ['Mar', 'Ana María'],
  ['ana  maria', 'Ana Maria'],
  ['σασ', 'Νίκος Σας'],
  ['👩‍👩‍👧‍👦', 'Los 👩‍👩‍👧‍👦'],
])('%j finds %j', (query, name) => {
  expect(finds(query, 'somebody', name)).toBe(true);
});

test.each([
  ['%', 'quest'],
  ['quest_', 'questa'],
  ['ue', 'quest'],
  ['somebodyana', 'ana'],
  ['anaana', 'banana'],
  ['\u3164', 'quest'],
])('%j does not find %j', (query, name) => {
  expect(finds(query, 'somebody', name)).toBe(false);
});

test('every name is found by itself and by every part of three or more characters', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(name, fc.nat(), fc.nat(), (display, from, length) => {
      const { searchKey } = searchColumns('somebody', display);
      const [, form = ''] = searchKey.split('\n');
      expect(finds(display, 'somebody', display)).toBe(form !== '');
      const characters = [...form];
      const start = from % Math.max(1, characters.length);
      const part = characters.slice(start, start + 3 + (length % 10)).join('');
      // Queries are trimmed, parts are not.
      if ([...part.trim()].length >= 3) expect(finds(part, 'somebody', display)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
