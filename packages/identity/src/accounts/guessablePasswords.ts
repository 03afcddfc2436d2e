import { PASSWORD_MIN, ValidationError } from '@chasqui/protocol';
import { dictionary } from '@zxcvbn-ts/language-common';

/** How many of the most common passwords are refused, of those that are long enough. ASVS 5.0, 6.2.4 asks for 3,000. */
const COMMON = 5_000;

/** The package leaves out what its own rules for repetitions and sequences find; the common ones of these are: */
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

/** What a guesser knows of an account. */
export interface PasswordContext {
  username: string;
  email: string;
}

/** Words of the product; those of the account come with it. */
const PRODUCT_WORDS = ['chasqui', 'chat'];
/** Shorter words are found by chance. */
const WORD_MIN = 3;

/**
 * Throws ValidationError for `field` when the password is among the most common ones, or made of nothing but the names
 * of account and product, digits and signs. Compared without regard to case, width and surrounding space. For new
 * passwords only: an existing one still logs in.
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
    // Longer ones first: what is left of a long one when a short one is taken out means nothing.
    .sort((one, other) => other.length - one.length);
  let rest = text;
  for (const word of words) rest = rest.replaceAll(word, ' ');
  return rest !== text && !/\p{L}/u.test(rest);
}

function normalised(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
