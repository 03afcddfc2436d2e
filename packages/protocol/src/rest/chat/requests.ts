import * as z from 'zod';
import { conversationSchema } from '../../entities/conversation';
import { uuid } from '../../values/ids';
import { invitationSchema, openedRequestSchema, requestSchema } from '../../entities/request';
import { noContent, type Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

const params = z.object({ id: uuid });

export const listRequests = {
  method: 'GET',
  path: '/api/requests',
  summary: 'Contact requests and group invitations that await an answer, newest first.',
  query: query(page),
  answers: { 200: paged({ requests: z.array(requestSchema) }) },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;

export const readRequest = {
  method: 'GET',
  path: '/api/requests/:id',
  summary: 'One request, with the messages of a contact request. The sender does not learn of it.',
  params,
  answers: { 200: openedRequestSchema },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const acceptRequest = {
  method: 'POST',
  path: '/api/requests/:id/accept',
  summary:
    'Accept a request: the conversation becomes a normal one. Repeating it returns the same. A declined contact request can still be accepted.',
  params,
  answers: { 200: conversationSchema },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const declineRequest = {
  method: 'POST',
  path: '/api/requests/:id/decline',
  summary:
    'Decline a request: it disappears, and nothing more of it arrives. The sender does not learn of it. Repeating it changes nothing. Blocking the sender declines all their requests.',
  params,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'NotFoundError', 'ConflictError'],
} as const satisfies Endpoint;

export const listInvited = {
  method: 'GET',
  path: '/api/conversations/:id/invited',
  summary:
    'Users invited to a group who have not joined, newest first. It does not reveal who declined.',
  params,
  query: query(page),
  answers: { 200: paged({ invited: z.array(invitationSchema) }) },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
