import * as z from 'zod';
import { roleSchema } from './conversationRole';
import { uuid } from '../values/ids';
import { messageSchema } from './message';
import { displayName, title, username } from '../text/text';
import { timestamp } from '../values/time';

const requestKinds = ['contact', 'group'] as const;

const person = z.object({ user_id: uuid, username, display_name: displayName });

/** Somebody wants to write to me, or a group invites me. It waits until I accept or decline it. */
export const requestSchema = z
  .object({
    id: uuid,
    kind: z.enum(requestKinds).meta({ description: 'More kinds may come.' }),
    created_at: timestamp,
    from: person,
    conversation_id: uuid.meta({ description: 'Not visible to me before I accept.' }),
    title: title.nullable().meta({ description: 'Of the group; null for a contact request.' }),
    member_count: z.int().min(0).nullable().meta({ description: 'Of the group.' }),
    message_count: z.int().min(0).meta({ description: 'Messages of a contact request.' }),
    last_message: messageSchema.nullable(),
  })
  .meta({ id: 'Request' });

export type Request = z.infer<typeof requestSchema>;

/** With everything the sender wrote so far; always empty for a group. */
export const openedRequestSchema = requestSchema
  .extend({ messages: z.array(messageSchema) })
  .meta({ id: 'OpenedRequest' });

export type OpenedRequest = z.infer<typeof openedRequestSchema>;

/** Somebody who was asked to join a group and has not joined. */
export const invitationSchema = z
  .object({ ...person.shape, role: roleSchema, invited_by: uuid, created_at: timestamp })
  .meta({ id: 'GroupInvitation' });

export type GroupInvitation = z.infer<typeof invitationSchema>;
