import * as z from 'zod';
import { participantSchema } from '../../entities/conversation';
import { roleSchema } from '../../entities/conversationRole';
import { invitationSchema } from '../../entities/request';
import { uuid } from '../../values/ids';
import { noContent, type Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

const params = z.object({ id: uuid });
const paramsOfOne = z.object({ id: uuid, userId: uuid });

export const listParticipants = {
  method: 'GET',
  path: '/api/conversations/:id/participants',
  summary: 'The participants of a conversation, longest-standing first.',
  params,
  query: query(page),
  answers: {
    200: paged({ participants: z.array(participantSchema) }),
  },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

export const addParticipant = {
  method: 'POST',
  path: '/api/conversations/:id/participants',
  summary:
    "Add a user to a group (admin; moderators add members). No role above one's own. 202: the user must be asked first and sees an invitation.",
  params,
  body: z.object({ user_id: uuid, role: roleSchema.default('member') }),
  answers: { 201: participantSchema, 202: z.object({ invitation: invitationSchema }) },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError', 'ConflictError'],
} as const satisfies Endpoint;

export const changeRole = {
  method: 'PATCH',
  path: '/api/conversations/:id/participants/:userId',
  summary: "Change a participant's role (admin).",
  params: paramsOfOne,
  body: z.object({ role: roleSchema }),
  answers: { 200: participantSchema },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;

export const removeParticipant = {
  method: 'DELETE',
  path: '/api/conversations/:id/participants/:userId',
  summary: 'Remove a participant (admin; moderators remove members), or leave.',
  params: paramsOfOne,
  answers: { 204: noContent },
  refusals: ['ValidationError', 'ForbiddenError', 'NotFoundError'],
} as const satisfies Endpoint;
