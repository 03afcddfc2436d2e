import fc from 'fast-check';
import { canonicalEmoji } from './emoji';
import { CLIENT_MESSAGE_ID_MAX, CONTENT_MAX_BYTES } from '../limits';
import {
  clientMessageId,
  contentEncrypted,
  cursor,
  displayName,
  email,
  emoji,
  password,
  reactionEmoji,
  title,
  username,
} from './text';
import { contentProblem } from './textRules';

const encoder = new TextEncoder();

/** The rule as the contract words it, slow and plain: what the quick one is measured by. */
function mayBeContent(text: string): boolean {
  const bytes = encoder.encode(text).length;
  return (
    bytes >= 1 &&
    bytes <= CONTENT_MAX_BYTES &&
    text.trim() !== '' &&
    !/\p{Surrogate}/u.test(text) &&
    !/\p{Cc}/u.test(text.replace(/[\t\n\r]/g, ''))
  );
}

// Any sequence of code units, often from the corners where encodings differ.
const codeUnits = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0x20 }),
      fc.integer({ min: 0x7e, max: 0xa1 }),
      fc.integer({ min: 0x7fe, max: 0x801 }),
      fc.integer({ min: 0xd7ff, max: 0xe000 }),
      fc.constantFrom(0x1680, 0x2000, 0x200b, 0x2028, 0x2029, 0x202e, 0x3000, 0xfeff),
    ),
    { maxLength: 6 },
  )
  .map((units) => String.fromCharCode(...units));

describe('content_encrypted', () => {
  test('the fast check equals the rule for any text', () => {
    fc.assert(
      fc.property(fc.oneof(codeUnits, fc.string({ unit: 'binary' })), (text) => {
        expect(contentProblem(text) === undefined).toBe(mayBeContent(text));
        expect(contentEncrypted.safeParse(text).success).toBe(mayBeContent(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['x', 1],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ])('the limit counts bytes: %s takes %i', (character, bytes) => {
    const most = character.repeat(CONTENT_MAX_BYTES / bytes);
    expect(contentProblem(most)).toBeUndefined();
    expect(contentProblem(`${most}x`)).toBeDefined();
  });

  test('is stored exactly, including bidirectional marks and surrounding space', () => {
    const text = ' \u202ea\u2066\u200f\tb\r\n ';
    expect(contentEncrypted.parse(text)).toBe(text);
  });

  test.each([undefined, null, 7, true, [], ['x'], {}, { $ne: '' }, new String('x')])(
    'must be a text: %p',
    (value) => {
      expect(contentEncrypted.safeParse(value).success).toBe(false);
    },
  );
});

describe('client_message_id', () => {
  test('any text of 1 to 128 characters', () => {
    for (const id of ['x', ' ', '\n', 'é'.repeat(CLIENT_MESSAGE_ID_MAX), '😀'.repeat(128)]) {
      expect(clientMessageId.parse(id)).toBe(id);
    }
    for (const id of ['', 'x'.repeat(129), '😀'.repeat(129), 'a\0b', 'a\ud800', '\udc00a']) {
      expect(clientMessageId.safeParse(id).success).toBe(false);
    }
  });
});

describe('a reaction', () => {
  test.each(['👍', '❤️', '1️⃣', '🇵🇪', '🏴󠁧󠁢󠁷󠁬󠁳󠁿', '👩🏻‍❤️‍💋‍👨🏿', '👨‍👩‍👧‍👦', '🏳️‍🌈', '☺️'])('admits %s', (value) => {
    expect(reactionEmoji.parse(value)).toBe(value);
  });

  test.each([
    ...['', ' ', '👍 👍', '👍👍', '\u200d', '\ufe0f', '\u0000', '👍\n', '\ud83d', '👍'.repeat(17)],
    ...[
      '.',
      '..',
      '%2e',
      '/',
      'a',
      '1',
      '#',
      ':llama:',
      '❤\ufe0e',
      '🇽🇽',
      'x'.repeat(1_000_000),
      null,
      7,
    ],
  ])('refuses %j', (value) => {
    expect(reactionEmoji.safeParse(value).success).toBe(false);
  });

  test.each([
    ['❤', '❤️'],
    ['☺', '☺️'],
    ['1⃣', '1️⃣'],
    ['🏳‍🌈', '🏳️‍🌈'],
    ['👁️‍🗨', '👁️‍🗨️'],
    ['⛹🏽‍♀', '⛹🏽‍♀️'],
    ['👍️', '👍'],
  ])('%s and %s are one', (written, stored) => {
    expect(reactionEmoji.parse(written)).toBe(stored);
    expect(canonicalEmoji(stored)).toBe(stored);
  });

  test('a stored reaction may be any visible text without spaces', () => {
    for (const value of ['👍', ':llama:', '..', '❤']) expect(emoji.parse(value)).toBe(value);
    for (const value of ['', ' ', '\u200d', '\u0000', 'x'.repeat(65)]) {
      expect(emoji.safeParse(value).success).toBe(false);
    }
    for (const value of ['..', ':llama:', '']) expect(canonicalEmoji(value)).toBe(value);
  });
});

describe('names', () => {
  test('title and display name are trimmed and need a visible character', () => {
    for (const name of [title, displayName]) {
      expect(name.parse('  Ana \u{1f999} ')).toBe('Ana \u{1f999}');
      for (const bad of ['', '   ', '\u200b', 'a\nb', 'a\0', 'x'.repeat(201), '\ud800', null]) {
        expect(name.safeParse(bad).success).toBe(false);
      }
    }
    expect(title.parse('x'.repeat(200))).toHaveLength(200);
  });

  test('title and display name are composed and reorder no text', () => {
    for (const name of [title, displayName]) {
      expect(name.parse('Zoe\u0308')).toBe('Zo\u00eb');
      expect(name.parse('\u202e evil \u2066x\u202c')).toBe('evil x');
      // Marks of right-to-left scripts stay.
      expect(name.parse('\u05d0\u200f!')).toBe('\u05d0\u200f!');
      expect(name.safeParse('\u202e\u2069').success).toBe(false);
    }
  });

  test('a name that is too long is refused without being normalized', () => {
    // What normalization takes 3 s for on this length.
    const marks = 'a' + '\u0301\u0316'.repeat(32_000);
    const begun = performance.now();
    expect(displayName.safeParse(marks).success).toBe(false);
    expect(title.safeParse(marks).success).toBe(false);
    expect(performance.now() - begun).toBeLessThan(500);
  });

  test('a user name is 3 to 32 plain characters', () => {
    for (const name of ['ana', 'Ana.B-c_9', 'x'.repeat(32)])
      expect(username.parse(name)).toBe(name);
    for (const bad of ['an', 'x'.repeat(33), 'ana b', 'añá', 'ana\n', 'ana@x', '']) {
      expect(username.safeParse(bad).success).toBe(false);
    }
  });

  test('an e-mail address becomes lower case', () => {
    expect(email.parse(' Ana@Example.ORG ')).toBe('ana@example.org');
    for (const bad of ['ana', 'ana@', '@x.org', 'a b@x.org', `${'a'.repeat(250)}@x.org`]) {
      expect(email.safeParse(bad).success).toBe(false);
    }
  });
});

test('a password is 8 to 200 characters without composition rules', () => {
  for (const good of ['aaaaaaaa', '        ', '😀'.repeat(200)]) {
    expect(password.parse(good)).toBe(good);
  }
  for (const bad of ['aaaaaaa', '😀'.repeat(7), 'a'.repeat(201), 'aaaaaaaa\ud800', 'aaaaaaaa\0']) {
    expect(password.safeParse(bad).success).toBe(false);
  }
});

test('a malformed cursor says to start over', () => {
  expect(cursor.safeParse('eyJ2IjoxfQ').success).toBe(true);
  for (const bad of ['', 'a b', "';--", '\0', 'x'.repeat(1025)]) {
    expect(cursor.safeParse(bad).error?.issues[0]?.message).toContain('start over');
  }
});
