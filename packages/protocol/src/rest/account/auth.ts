import * as z from 'zod';
import {
  displayName,
  email,
  invitationCode,
  loginName,
  password,
  passwordAttempt,
  token,
  username,
} from '../../text/text';
import { userSchema } from '../../entities/user';
import { missingOr } from '../../values/wording';
import { noContent, type Endpoint } from '../endpoint';

export const sessionSchema = z
  .object({
    user: userSchema,
    access_token: token,
    refresh_token: token.meta({
      description: 'Valid for one use; the answer contains the next one.',
    }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().min(1).meta({ description: 'Seconds until the access token expires.' }),
  })
  .meta({ id: 'Session' });

/** The answer to a successful sign-in. */
export type Session = z.infer<typeof sessionSchema>;

export const register = {
  method: 'POST',
  path: '/api/auth/register',
  summary: 'Create a user and log in.',
  open: true,
  body: z.object({
    ...{ username, email, password, display_name: displayName.optional() },
    invitation: invitationCode.optional(),
  }),
  answers: { 201: sessionSchema },
  // `details.reason` of ForbiddenError: registration_closed, invitation_required or invitation_invalid.
  refusals: ['ValidationError', 'ConflictError', 'ForbiddenError'],
} as const satisfies Endpoint;

const new_password = password.optional().meta({
  description: 'Replaces a temporary password set by an administrator; otherwise ignored.',
});

/** Validated loosely: a name that could never be registered is wrong, not malformed. */
const credentials = z.union(
  [
    z.object({ username: loginName, password: passwordAttempt, new_password }),
    z.object({ email: loginName, password: passwordAttempt, new_password }),
  ],
  { error: missingOr('must be {username, password} or {email, password}') },
);

export const login = {
  method: 'POST',
  path: '/api/auth/login',
  summary: 'Log in with a user name or an e-mail address.',
  open: true,
  body: credentials,
  answers: { 200: sessionSchema },
  // Only with the right password: `details.reason` is suspended, or new_password_required after a temporary one.
  refusals: ['ValidationError', 'UnauthorizedError', 'ForbiddenError'],
} as const satisfies Endpoint;

export const refresh = {
  method: 'POST',
  path: '/api/auth/refresh',
  summary: 'New tokens for a refresh token. Any reuse except that of two tabs ends the session.',
  open: true,
  body: z.object({ refresh_token: token }),
  answers: { 200: sessionSchema },
  refusals: ['ValidationError', 'UnauthorizedError'],
} as const satisfies Endpoint;

export const changePassword = {
  method: 'POST',
  path: '/api/auth/password',
  summary:
    'Change the password. This session continues with the new tokens; all other sessions and the previous refresh token end.',
  body: z.object({ current_password: passwordAttempt, new_password: password }),
  answers: { 200: sessionSchema },
  // `details.reason` is wrong_password, or no_password for users of another issuer.
  refusals: ['ValidationError', 'ForbiddenError'],
} as const satisfies Endpoint;

export const logout = {
  method: 'POST',
  path: '/api/auth/logout',
  summary: 'End this session: its tokens, its sockets on every node and its device.',
  answers: { 204: noContent },
  refusals: [],
} as const satisfies Endpoint;
