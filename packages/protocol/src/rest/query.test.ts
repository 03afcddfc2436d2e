import fc from 'fast-check';
import { ValidationError } from '../errors/errors';
import { parseWith } from '../values/parse';
import { readHistory } from './chat/messages';
import { findUsers } from './account/users';

const { query } = readHistory;

test('a page has 50 items by default, from 1 to 100', () => {
  expect(parseWith(query, {})).toEqual({ limit: 50 });
  expect(parseWith(query, { limit: '1', foo: 'bar' })).toEqual({ limit: 1 });
  expect(parseWith(query, { limit: '100', before_seq: '7', offset: '0' })).toEqual({
    limit: 100,
    before_seq: 7,
    offset: 0,
  });
});

test.each([
  '0',
  '-1',
  '101',
  '1e9',
  '1e1',
  '0x10',
  '1.0',
  '+1',
  ' 1',
  '1 ',
  '',
  'NaN',
  'Infinity',
  '1_0',
  '１',
  '9007199254740993',
  '9223372036854775808',
  '9'.repeat(400),
  ['1', '2'],
  ['1'],
  { $ne: '1' },
  7,
  null,
  true,
])('an invalid limit is refused: %j', (limit) => {
  expect(() => parseWith(query, { limit })).toThrow('limit must be a whole number from 1 to 100');
});

test.each(['id[$ne]', 'limit[]', 'limit[$gt]', '[limit]'])('brackets are refused: %s', (name) => {
  expect(() => parseWith(query, { [name]: '1' })).toThrow(ValidationError);
});

test('seqs end at 2^53-1', () => {
  expect(parseWith(query, { after_seq: '9007199254740991' }).after_seq).toBe(2 ** 53 - 1);
  expect(() => parseWith(query, { after_seq: '9007199254740992' })).toThrow(ValidationError);
  expect(() => parseWith(query, { before_seq: '0' })).toThrow(ValidationError);
});

test('a search without a query is valid, an array is not', () => {
  expect(parseWith(findUsers.query, {})).toEqual({ limit: 50 });
  expect(parseWith(findUsers.query, { query: ' an ' })).toEqual({ query: 'an', limit: 50 });
  expect(() => parseWith(findUsers.query, { query: ['a', 'b'] })).toThrow(ValidationError);
});

test('any parsed number equals its digits', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let offset: number | undefined;
      try {
        offset = parseWith(query, { offset: text }).offset;
      } catch (error) {
        expect(error).toBeInstanceOf(ValidationError);
        return;
      }
      expect(text.replace(/^0+(?=\d)/, '')).toBe(String(offset));
    }),
  );
});
