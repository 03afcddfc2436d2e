import { CONTENT_MAX_BYTES, EMOJI_MAX_BYTES, PASSWORD_MAX, PASSWORD_MIN } from '../limits';

// Encoding replaces lone surrogates, so two different ids could become equal.
const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /\p{Cc}/u;
// A visible character: joiners, variation selectors and tags alone show nothing.
const VISIBLE = /[^\p{C}\p{Mn}\p{Z}]/u;

/** Why a text is refused, without repeating it; undefined if it is valid. */
export type Problem = string | undefined;

/**
 * The content of a message: 1 to 49,152 bytes of UTF-8, not blank, no control characters except tab and line breaks, no
 * lone surrogates. Bidirectional marks and everything else stay unchanged. Hand-written in one pass, because every send
 * passes through here.
 */
export function contentProblem(text: string): Problem {
  const length = text.length;
  if (length === 0) return 'must not be empty';
  if (length > CONTENT_MAX_BYTES) return TOO_MANY_BYTES;
  let bytes = length;
  let blank = true;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      if (code > 0x20) {
        if (code === 0x7f) return NO_CONTROLS;
        blank = false;
      } else if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return NO_CONTROLS;
    } else if (code < 0x800) {
      if (code < 0xa0) return NO_CONTROLS;
      bytes += 1;
      if (code !== 0xa0) blank = false;
    } else {
      bytes += 2;
      if (code >= 0xd800 && code <= 0xdfff) {
        if (code > 0xdbff || !isLowSurrogate(text.charCodeAt(++i))) return NOT_WELL_FORMED;
        blank = false;
      } else if (blank && text[i]?.trim() !== '') blank = false;
    }
  }
  if (bytes > CONTENT_MAX_BYTES) return TOO_MANY_BYTES;
  return blank ? 'must not be blank' : undefined;
}

const TOO_MANY_BYTES = `must be at most ${CONTENT_MAX_BYTES} bytes of UTF-8`;
const NO_CONTROLS = 'must not have control characters except tab and line breaks';
const NOT_WELL_FORMED = 'must be well-formed Unicode';

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Any text of 1 to `max` characters (code points, as PostgreSQL counts) that PostgreSQL can store: without NUL. */
export function idTextProblem(text: string, max: number): Problem {
  if (text.length === 0) return 'must not be empty';
  if (text.length > max && countCharacters(text, max) > max)
    return `must be at most ${max} characters`;
  if (text.includes('\0')) return 'must not have a NUL character';
  return LONE_SURROGATE.test(text) ? NOT_WELL_FORMED : undefined;
}

/** A displayed name: `min` to `max` characters, no control characters, at least one visible character. */
export function lineProblem(text: string, min: number, max: number): Problem {
  const problem = idTextProblem(text, max);
  if (problem !== undefined) return problem;
  if (countCharacters(text, max) < min) return `must be at least ${min} characters`;
  if (CONTROL.test(text)) return 'must not have control characters';
  return VISIBLE.test(text) ? undefined : 'must not be blank';
}

/** A new password: only its length counts, and that it is well-formed text. */
export function passwordProblem(text: string): Problem {
  const problem = idTextProblem(text, PASSWORD_MAX);
  if (problem !== undefined) return problem;
  return countCharacters(text, PASSWORD_MAX) < PASSWORD_MIN
    ? `must be at least ${PASSWORD_MIN} characters`
    : undefined;
}

/** A reaction: 1 to 64 bytes of UTF-8 without spaces and control characters, with a visible character. */
export function emojiProblem(text: string): Problem {
  if (text.length === 0) return 'must not be empty';
  if (text.length > EMOJI_MAX_BYTES) return `must be at most ${EMOJI_MAX_BYTES} bytes of UTF-8`;
  if (LONE_SURROGATE.test(text)) return NOT_WELL_FORMED;
  if (/[\p{Cc}\p{Z}]/u.test(text)) return 'must not have spaces or control characters';
  if (!VISIBLE.test(text)) return 'must not be blank';
  return utf8Bytes(text) > EMOJI_MAX_BYTES
    ? `must be at most ${EMOJI_MAX_BYTES} bytes of UTF-8`
    : undefined;
}

/** Code points of a text. Stops counting soon after `enough`, so that a huge text costs little. */
function countCharacters(text: string, enough: number): number {
  if (text.length > 2 * enough) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Bytes of a well-formed text in UTF-8, without Buffer or TextEncoder: it runs everywhere and copies nothing. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
