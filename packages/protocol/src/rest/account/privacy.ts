import * as z from 'zod';
import { missingOr } from '../../values/wording';
import type { Endpoint } from '../endpoint';

const audiences = ['everybody', 'known', 'nobody'] as const;

/** Who may contact a user. `known` are the people the user knows (docs/subsystems/consent.md). */
export type Audience = (typeof audiences)[number];

const audience = z.enum(audiences, { error: missingOr(`must be one of ${audiences.join(', ')}`) });

export const privacySchema = z
  .object({
    who_can_message: audience.meta({
      description: 'Who may start a direct conversation with the user.',
    }),
    who_can_add: audience.meta({
      description:
        'Who may add the user to a group without asking. With `known`, people the user knows may; others invite.',
    }),
  })
  .meta({ id: 'Privacy' });

/** A user’s privacy settings. Nobody else can read them. */
export type Privacy = z.infer<typeof privacySchema>;

export const readPrivacy = {
  method: 'GET',
  path: '/api/users/me/privacy',
  summary: 'The user’s privacy settings.',
  answers: { 200: privacySchema },
  refusals: [],
} as const satisfies Endpoint;

export const changePrivacy = {
  method: 'PATCH',
  path: '/api/users/me/privacy',
  summary: 'Change one or both settings. Existing conversations continue.',
  body: privacySchema.partial().check((context) => {
    const { who_can_message, who_can_add } = context.value;
    if (who_can_message !== undefined || who_can_add !== undefined) return;
    const path = ['who_can_message'];
    context.issues.push({ code: 'custom', path, message: 'is missing', input: context.value });
  }),
  answers: { 200: privacySchema },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;
