import * as fc from 'fast-check';
import { RawText } from './jsonText';

const deep = (levels: number): RawText => new RawText('['.repeat(levels) + ']'.repeat(levels));

const words = [
  ...[
    '',
    ' ',
    '\t\n',
    '\u0000',
    'a\u0000b',
    '\u0007',
    '\ud800',
    'a\udc00b',
    '\u202e\u2066',
    '\ufeff',
  ],
  ...[
    'null',
    'undefined',
    'NaN',
    'true',
    '[object Object]',
    '-1',
    '0x10',
    '1e9',
    '1.5',
    ' 1',
    '+1',
  ],
  ...['9007199254740993', '9223372036854775808', '__proto__', 'constructor', 'toString', 'me'],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE users',
    '%',
    '_',
    '%00',
    '$1',
    ':id',
    '${7*7}',
    '{{x}}',
    '../..',
  ],
  ...['👩‍👩‍👧‍👦', 'e\u0301', 'İ', 'ß', '\u200d', '٣', '‹noConversation›x', '‹myConversation›\n'],
];

const sizes = [65, 129, 201, 255, 1_025, 4_097, 49_153, 131_073];

const values: unknown[] = [
  ...[
    null,
    true,
    false,
    [],
    {},
    [[]],
    [null],
    [''],
    ['‹victimConversation›'],
    ['‹myConversation›'],
  ],
  ...[{ $ne: null }, { $gt: '' }, { $in: ['‹victimConversation›'] }, { or: [] }, { length: 1e9 }],
  ...[{ toString: 'x' }, { toJSON: 1 }, { then: 'x' }, { _placeholder: true, num: 0 }],
  ...[{ type: 'Buffer', data: [1] }, -1, 0, -0, 1, 1.5, 100, 101, 1e308, 2 ** 31, 2 ** 53, 2 ** 63],
  ...[new RawText('1e400'), new RawText('-1e400'), new RawText('NaN'), new RawText('')],
  ...[new RawText('00'), new RawText("'x'"), new RawText('"\\u0000"'), new RawText('"\\ud83d"')],
  ...[new RawText('{"a":1,"a":2}'), new RawText('{"__proto__":{"x":1},"constructor":{}}')],
  ...[
    deep(50),
    deep(2_000),
    deep(20_000),
    new RawText(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`),
  ],
];

/** Values no correct client sends: wrong types, unusual text, extreme numbers, too long or too deep. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...values) },
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.constantFrom(...sizes).map((size) => 'x'.repeat(size)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...sizes).map((size) => 'é\ud83d\ude00'.repeat(size / 4)),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.double() },
);

/** Names of server-set fields, of inherited object members, and of query operators. */
export const hostileKey: fc.Arbitrary<string> = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toJSON', 'then', '$where', ''],
  ...['id', 'seq', 'sender_id', 'status', 'created_at', 'edited_at', 'deleted_at', 'kind', 'event'],
  ...[
    'version',
    'reactions',
    'role',
    'user_id',
    'password_hash',
    'conversation_id',
    'limit',
    'cursor',
  ],
  ...['id[$ne]', 'limit[]', 'query', 'offset', 'presence', 'created_by', 'joined_seq', 'read_seq'],
);
