import * as z from 'zod';
import { uuid } from '../../values/ids';
import { SESSIONS_LISTED_MAX, USER_AGENT_MAX } from '../../limits';
import { deviceId } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';

/** A place where somebody is signed in, as they recognise it. No address: where a client was is nobody's business. */
export const listedSessionSchema = z
  .object({
    id: uuid,
    device_id: deviceId
      .nullable()
      .meta({ description: 'The device that connected last in it; null when none ever did.' }),
    user_agent: z.string().max(USER_AGENT_MAX).nullable().meta({
      description: 'What the client called itself, in printable ASCII. It may have lied.',
    }),
    created_at: timestamp,
    last_seen_at: timestamp.meta({ description: 'The last exchange of tokens, or connection.' }),
    current: z.boolean().meta({ description: 'Whether the token that asks belongs to it.' }),
  })
  .meta({ id: 'ListedSession' });

export type ListedSession = z.infer<typeof listedSessionSchema>;

export const listSessions = {
  method: 'GET',
  path: '/api/sessions',
  summary: `Where the user is signed in: this session first, then the last seen, ${SESSIONS_LISTED_MAX} at the most.`,
  answers: { 200: z.object({ sessions: z.array(listedSessionSchema) }) },
  refusals: [],
} as const satisfies Endpoint;

export const endSession = {
  method: 'DELETE',
  path: '/api/sessions/:id',
  summary: 'End a session of one’s own as its logout would; the present one as well.',
  params: z.object({ id: uuid }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const endOtherSessions = {
  method: 'DELETE',
  path: '/api/sessions',
  summary: 'End all sessions of one’s own but the present one.',
  answers: { 204: noContent },
  refusals: [],
} as const satisfies Endpoint;
