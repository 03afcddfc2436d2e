import { PASSWORD_MIN, ValidationError } from '@chasqui/protocol';
import { dictionary } from '@zxcvbn-ts/language-common';

/**
 * Number of most common passwords, among those long enough, that are refused. ASVS 5.0, 6.2.4 asks
 * for 3,000.
 */
const COMMON = 5_000;

/** Common repetitions and sequences, which the package covers by rules instead of its word list. */
const SEQUENCES = [
  ...Array.from({ length: 10 }, (_, digit) => String(digit)).flatMap((digit) =>
    [8, 9, 10].map((length) => digit.repeat(length)),
  ),
  ...['01234567', '012345678', '0123456789', '87654321', '987654321', '9876543210', '0987654321'],
  ...['abcdefgh', 'abcdefghi', 'abcdefghij', 'qwertyui', 'qwertyuio', 'asdfghjk', 'asdfghjkl'],
  ...['zxcvbnm1', 'zxcvbnm,', '1q2w3e4r5t', '1qaz2wsx3edc', 'qazwsxedc', 'aabbccdd', '11223344'],
  ...['12341234', '123123123', '12121212', '69696969', '01010101', '10203040', '13579246'],
];

const common: ReadonlySet<string> = new Set([
  ...SEQUENCES,
  ...dictionary['passwords-common'].filter(({ length }) => length >= PASSWORD_MIN).slice(0, COMMON),
]);

/** What an attacker knows about an account. */
export interface PasswordContext {
  username: string;
  email: string;
}

/** Product words; those of the account are added. */
const PRODUCT_WORDS = ['chasqui', 'chat'];
/** Shorter words match by accident. */
const WORD_MIN = 3;

/**
 * Throws ValidationError for `field` if the password is among the most common ones, or consists
 * only of the account's and the product's names, digits and symbols. Ignores case, character width
 * and surrounding space. For new passwords only; existing ones keep working.
 */
export function rejectGuessablePassword(
  password: string,
  context: PasswordContext,
  field: string,
): void {
  const text = normalised(password);
  if (common.has(text)) refuse(field, 'is one of the most common passwords');
  if (isBuiltFromNames(text, context)) refuse(field, 'is easy to guess from your name or address');
}

function refuse(path: string, message: string): never {
  throw new ValidationError(`${path}: ${message}`, [{ path, message }]);
}

function isBuiltFromNames(text: string, { username, email }: PasswordContext): boolean {
  const address = normalised(email);
  const words = [...PRODUCT_WORDS, normalised(username), ...address.split('@'), address]
    .flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]/u)])
    .filter((word) => word.length >= WORD_MIN)
    // Longest first: removing a short word from a longer one would leave a meaningless rest.
    .sort((one, other) => other.length - one.length);
  let rest = text;
  for (const word of words) rest = rest.replaceAll(word, ' ');
  return rest !== text && !/\p{L}/u.test(rest);
}

function normalised(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
