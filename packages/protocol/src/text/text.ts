import * as z from 'zod';
import { parseEmail } from '../values/emailAddress';
import { canonicalEmoji, reactionProblem } from './emoji';
import {
  CLIENT_MESSAGE_ID_MAX,
  CONTENT_MAX_BYTES,
  CURSOR_MAX,
  DEVICE_ID_MAX,
  DISPLAY_NAME_MAX,
  EMAIL_MAX,
  INVITATION_MAX,
  EMOJI_MAX_BYTES,
  PASSWORD_MAX,
  PASSWORD_MIN,
  TITLE_MAX,
  TOKEN_MAX,
  USER_QUERY_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
} from '../limits';
import { nameForm } from './nameForm';
import {
  contentProblem,
  emojiProblem,
  idTextProblem,
  lineProblem,
  passwordProblem,
  type Problem,
} from './textRules';
import { missingOr } from '../values/wording';

function refusing(problemOf: (text: string) => Problem) {
  return (context: z.core.ParsePayload<string>): void => {
    const message = problemOf(context.value);
    if (message !== undefined) {
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  };
}

const NO_EMAIL = 'must be an e-mail address';

const text = (): z.ZodString => z.string({ error: missingOr('must be a text') });

/** See `contentProblem`. Stored exactly as sent. */
export const contentEncrypted = text().check(refusing(contentProblem)).meta({
  minLength: 1,
  maxLength: CONTENT_MAX_BYTES,
  description:
    'Opaque text of 1 to 49,152 bytes in UTF-8 that the server never reads; not blank, no control characters except tab and line breaks.',
});

export const clientMessageId = text()
  .check(refusing((value) => idTextProblem(value, CLIENT_MESSAGE_ID_MAX)))
  .meta({
    minLength: 1,
    maxLength: CLIENT_MESSAGE_ID_MAX,
    description:
      'Chosen by the client, once per message. The same sender, conversation and id always yields the first message.',
  });

/** Chosen by the client, once per conversation that it creates. Opaque, compared by bytes. */
export const clientConversationId = text()
  .check(refusing((value) => idTextProblem(value, CLIENT_MESSAGE_ID_MAX)))
  .meta({
    minLength: 1,
    maxLength: CLIENT_MESSAGE_ID_MAX,
    description:
      'Chosen by the client, once per group it makes. The same creator and id always yields the same group.',
  });

export const deviceId = text()
  .check(refusing((value) => idTextProblem(value, DEVICE_ID_MAX)))
  .meta({
    minLength: 1,
    maxLength: DEVICE_ID_MAX,
    description:
      'Names an installation of a client. Without one the session in the token is the device.',
  });

/** A conversation's title, see `nameForm`. */
export const title = text()
  .overwrite(nameForm)
  .check(refusing((value) => lineProblem(value, 1, TITLE_MAX)))
  .meta({ minLength: 1, maxLength: TITLE_MAX });

/** The name to display, see `nameForm`. */
export const displayName = text()
  .overwrite(nameForm)
  .check(refusing((value) => lineProblem(value, 1, DISPLAY_NAME_MAX)))
  .meta({ minLength: 1, maxLength: DISPLAY_NAME_MAX });

/** Stored as written. The database treats Ana and ana as the same name. */
export const username = text()
  .regex(new RegExp(`^[a-zA-Z0-9_.-]{${USERNAME_MIN},${USERNAME_MAX}}$`), {
    error: `must be ${USERNAME_MIN} to ${USERNAME_MAX} letters, digits, dots, dashes or underscores`,
  })
  .meta({ description: 'Unique without regard to case.' });

/** In its canonical form (`parseEmail`), so that each address exists once. */
export const email = text()
  .trim()
  .max(EMAIL_MAX, { error: `must be at most ${EMAIL_MAX} characters`, abort: true })
  .overwrite((value) => parseEmail(value) ?? value)
  .check(refusing((value) => (parseEmail(value) === undefined ? NO_EMAIL : undefined)))
  .meta({ format: 'email', pattern: undefined });

/** A new password: 8 to 200 characters, no composition rules. */
export const password = text()
  .check(refusing(passwordProblem))
  .meta({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX, format: 'password' });

/** A password to compare: one that could never be set is wrong, not malformed. */
export const passwordAttempt = text()
  .check(refusing((value) => idTextProblem(value, PASSWORD_MAX)))
  .meta({ minLength: 1, maxLength: PASSWORD_MAX, format: 'password' });

/** A user name or e-mail address to compare, likewise. */
export const loginName = text()
  .trim()
  .check(refusing((value) => idTextProblem(value, EMAIL_MAX)))
  .meta({ minLength: 1, maxLength: EMAIL_MAX });

/**
 * The text of a stored reaction. Before reactions had to be emoji it could be any visible text without spaces; such
 * reactions are still shown and can be removed.
 */
export const emoji = text()
  .check(refusing(emojiProblem))
  .meta({
    minLength: 1,
    maxLength: EMOJI_MAX_BYTES,
    description:
      'An emoji, fully qualified. Reactions of earlier releases may be another text of at most 64 bytes.',
    examples: ['👍'],
  });

/** A new reaction: a single emoji, fully qualified, so that ❤ and ❤️ are the same reaction. */
export const reactionEmoji = text()
  .overwrite(canonicalEmoji)
  .check(refusing(reactionProblem))
  .meta({
    minLength: 1,
    maxLength: EMOJI_MAX_BYTES,
    description:
      'A single emoji (RGI). With or without variation selectors it is the same reaction.',
    examples: ['👍'],
  });

/** The code of an invitation to the instance, trimmed. A code that could never exist is invalid, not malformed. */
export const invitationCode = text()
  .trim()
  .max(INVITATION_MAX, { error: `must be at most ${INVITATION_MAX} characters` })
  .meta({ description: 'Required if registration is by invitation.' });

/** The search text for users. */
export const userQuery = text()
  .trim()
  .check(refusing((value) => lineProblem(value, 1, USER_QUERY_MAX)))
  .meta({ minLength: 1, maxLength: USER_QUERY_MAX });

/** Opaque to clients. The code that issued it checks integrity, age and owner. */
export const cursor = text()
  .regex(new RegExp(`^[A-Za-z0-9_~.=-]{1,${CURSOR_MAX}}$`), {
    error: 'must be a cursor of an earlier answer; start over without one',
  })
  .meta({ description: 'Opaque: pass back the value of an earlier answer.', pattern: undefined });

/** An access or refresh token as issued. Its verifier, not this schema, throws UnauthorizedError for a wrong one. */
export const token = text()
  .min(1, { error: 'must not be empty' })
  .max(TOKEN_MAX, { error: `must be at most ${TOKEN_MAX} characters` });
