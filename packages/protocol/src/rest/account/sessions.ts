import * as z from 'zod';
import { uuid } from '../../values/ids';
import { SESSIONS_LISTED_MAX, USER_AGENT_MAX } from '../../limits';
import { deviceId } from '../../text/text';
import { timestamp } from '../../values/time';
import { noContent, type Endpoint } from '../endpoint';

/** A session as its user recognises it. Without an address, which would reveal where the client was. */
export const listedSessionSchema = z
  .object({
    id: uuid,
    device_id: deviceId
      .nullable()
      .meta({ description: 'The last device that connected in it; null if none did.' }),
    user_agent: z.string().max(USER_AGENT_MAX).nullable().meta({
      description: "The client's user agent, in printable ASCII. Clients can send anything.",
    }),
    created_at: timestamp,
    last_seen_at: timestamp.meta({ description: 'The last token exchange or connection.' }),
    current: z.boolean().meta({ description: "Whether the request's token belongs to it." }),
  })
  .meta({ id: 'ListedSession' });

export type ListedSession = z.infer<typeof listedSessionSchema>;

export const listSessions = {
  method: 'GET',
  path: '/api/sessions',
  summary: `Where the user is signed in: this session first, then by last use, at most ${SESSIONS_LISTED_MAX}.`,
  answers: { 200: z.object({ sessions: z.array(listedSessionSchema) }) },
  refusals: [],
} as const satisfies Endpoint;

export const endSession = {
  method: 'DELETE',
  path: '/api/sessions/:id',
  summary: 'End one of the user’s sessions like a logout, including the current one.',
  params: z.object({ id: uuid }),
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const endOtherSessions = {
  method: 'DELETE',
  path: '/api/sessions',
  summary: 'End all of the user’s sessions except the current one.',
  answers: { 204: noContent },
  refusals: [],
} as const satisfies Endpoint;
