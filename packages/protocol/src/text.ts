import * as z from 'zod';
import {
  CLIENT_MESSAGE_ID_MAX,
  CONTENT_MAX_BYTES,
  CURSOR_MAX,
  DEVICE_ID_MAX,
  DISPLAY_NAME_MAX,
  EMAIL_MAX,
  EMOJI_MAX_BYTES,
  PASSWORD_MAX,
  PASSWORD_MIN,
  TITLE_MAX,
  TOKEN_MAX,
  USER_QUERY_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
} from './limits';
import { missingOr } from './wording';

// Lone surrogates are no text: encoding them replaces them, and two different ids would become one.
const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /\p{Cc}/u;
// A character that leaves a mark: joiners, variation selectors and tags alone show nothing.
const VISIBLE = /[^\p{C}\p{Mn}\p{Z}]/u;

/** What is wrong with a text, said without repeating it; nothing when it is fine. */
type Problem = string | undefined;

/**
 * The content of a message: 1 to 49,152 bytes of UTF-8, not blank, no control characters but tab and line breaks, no
 * lone surrogates. Bidirectional marks and everything else stay as they are. Written by hand and in one pass, because
 * every send comes through here.
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

/** Any text of 1 to `max` characters (code points, as PostgreSQL counts) that PostgreSQL can keep: without NUL. */
export function idTextProblem(text: string, max: number): Problem {
  if (text.length === 0) return 'must not be empty';
  if (text.length > max && countCharacters(text, max) > max)
    return `must be at most ${max} characters`;
  if (text.includes('\0')) return 'must not have a NUL character';
  return LONE_SURROGATE.test(text) ? NOT_WELL_FORMED : undefined;
}

/** Whether this client message id may be used: 1 to 128 characters, anything but NUL and lone surrogates. */
export function clientMessageIdProblem(text: string): Problem {
  return idTextProblem(text, CLIENT_MESSAGE_ID_MAX);
}

function lineProblem(text: string, min: number, max: number): Problem {
  const problem = idTextProblem(text, max);
  if (problem !== undefined) return problem;
  if (countCharacters(text, max) < min) return `must be at least ${min} characters`;
  if (CONTROL.test(text)) return 'must not have control characters';
  return VISIBLE.test(text) ? undefined : 'must not be blank';
}

function passwordProblem(text: string): Problem {
  const problem = idTextProblem(text, PASSWORD_MAX);
  if (problem !== undefined) return problem;
  return countCharacters(text, PASSWORD_MAX) < PASSWORD_MIN
    ? `must be at least ${PASSWORD_MIN} characters`
    : undefined;
}

function emojiProblem(text: string): Problem {
  if (text.length === 0) return 'must not be empty';
  if (text.length > EMOJI_MAX_BYTES) return `must be at most ${EMOJI_MAX_BYTES} bytes of UTF-8`;
  if (LONE_SURROGATE.test(text)) return NOT_WELL_FORMED;
  if (/[\p{Cc}\p{Z}]/u.test(text)) return 'must not have spaces or control characters';
  if (!VISIBLE.test(text)) return 'must not be blank';
  return utf8Bytes(text) > EMOJI_MAX_BYTES
    ? `must be at most ${EMOJI_MAX_BYTES} bytes of UTF-8`
    : undefined;
}

/** Code points of a text; stops counting soon after `enough`, so that a huge text costs nothing. */
function countCharacters(text: string, enough: number): number {
  if (text.length > 2 * enough) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Bytes of a well-formed text in UTF-8. No Buffer and no TextEncoder: this runs everywhere and copies nothing. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function refusing(problemOf: (text: string) => Problem) {
  return (context: z.core.ParsePayload<string>): void => {
    const message = problemOf(context.value);
    if (message !== undefined) {
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  };
}

const text = (): z.ZodString => z.string({ error: missingOr('must be a text') });

/** See `contentProblem`. Kept exactly as it came. */
export const contentEncrypted = text().check(refusing(contentProblem)).meta({
  minLength: 1,
  maxLength: CONTENT_MAX_BYTES,
  description:
    'Opaque text of 1 to 49,152 bytes in UTF-8 that the server never reads; not blank, no control characters except tab and line breaks.',
});

export const clientMessageId = text().check(refusing(clientMessageIdProblem)).meta({
  minLength: 1,
  maxLength: CLIENT_MESSAGE_ID_MAX,
  description:
    'Chosen by the client, once per message it writes. The same sender, conversation and id always yields the first message.',
});

export const deviceId = text()
  .check(refusing((value) => idTextProblem(value, DEVICE_ID_MAX)))
  .meta({
    minLength: 1,
    maxLength: DEVICE_ID_MAX,
    description:
      'Names an installation of a client. Without one the session in the token is the device.',
  });

/** A conversation's title, without the space around it. */
export const title = text()
  .trim()
  .check(refusing((value) => lineProblem(value, 1, TITLE_MAX)))
  .meta({ minLength: 1, maxLength: TITLE_MAX });

/** How a person wants to be shown, without the space around it. */
export const displayName = text()
  .trim()
  .check(refusing((value) => lineProblem(value, 1, DISPLAY_NAME_MAX)))
  .meta({ minLength: 1, maxLength: DISPLAY_NAME_MAX });

/** Kept as written; Ana and ana are one name, which the database watches over. */
export const username = text()
  .regex(new RegExp(`^[a-zA-Z0-9_.-]{${USERNAME_MIN},${USERNAME_MAX}}$`), {
    error: `must be ${USERNAME_MIN} to ${USERNAME_MAX} letters, digits, dots, dashes or underscores`,
  })
  .meta({ description: 'Unique without regard to case.' });

/** Lower case out, so that an address exists once however it is written. */
export const email = text()
  .trim()
  .toLowerCase()
  .max(EMAIL_MAX, { error: `must be at most ${EMAIL_MAX} characters` })
  .regex(z.regexes.email, { error: 'must be an e-mail address' })
  .meta({ format: 'email', pattern: undefined });

/** A password to be: 8 to 200 characters and no rules of composition. */
export const password = text()
  .check(refusing(passwordProblem))
  .meta({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX, format: 'password' });

/** A password to be compared: one that could never be set is simply wrong, not malformed. */
export const passwordAttempt = text()
  .check(refusing((value) => idTextProblem(value, PASSWORD_MAX)))
  .meta({ minLength: 1, maxLength: PASSWORD_MAX, format: 'password' });

/** A user name or address to be compared, likewise. */
export const loginName = text()
  .trim()
  .check(refusing((value) => idTextProblem(value, EMAIL_MAX)))
  .meta({ minLength: 1, maxLength: EMAIL_MAX });

/** Any emoji sequence, present and future, and short custom names: 1 to 64 bytes, visible, no spaces or controls. */
export const emoji = text()
  .check(refusing(emojiProblem))
  .meta({
    minLength: 1,
    maxLength: EMOJI_MAX_BYTES,
    description: 'Any emoji sequence of at most 64 bytes in UTF-8.',
    examples: ['👍'],
  });

/** What a user searches other users by. */
export const userQuery = text()
  .trim()
  .check(refusing((value) => lineProblem(value, 1, USER_QUERY_MAX)))
  .meta({ minLength: 1, maxLength: USER_QUERY_MAX });

/** Opaque to clients. Only whoever made it knows whether it is whole, current and this user's. */
export const cursor = text()
  .regex(new RegExp(`^[A-Za-z0-9_~.=-]{1,${CURSOR_MAX}}$`), {
    error: 'must be a cursor of an earlier answer; start over without one',
  })
  .meta({ description: 'Opaque: pass back what an earlier answer gave.', pattern: undefined });

/** An access or refresh token as issued. A wrong one is an UnauthorizedError, which is for its reader to say. */
export const token = text()
  .min(1, { error: 'must not be empty' })
  .max(TOKEN_MAX, { error: `must be at most ${TOKEN_MAX} characters` });
