import * as z from 'zod';
import { roleSchema } from './conversationRole';
import { uuid } from '../values/ids';
import { messageSchema } from './message';
import { displayName, title, username } from '../text/text';
import { timestamp } from '../values/time';

const requestKinds = ['contact', 'group'] as const;

const person = z.object({ user_id: uuid, username, display_name: displayName });

/** A contact request or a group invitation to the user. It remains until the user accepts or declines it. */
export const requestSchema = z
  .object({
    id: uuid,
    kind: z.enum(requestKinds).meta({ description: 'More kinds may come.' }),
    created_at: timestamp,
    from: person,
    conversation_id: uuid.meta({ description: 'Not visible to the user before they accept.' }),
    title: title.nullable().meta({ description: "The group's title; null for a contact request." }),
    member_count: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: "The group's members; null for a contact request." }),
    message_count: z.int().min(0).meta({ description: 'Number of messages in a contact request.' }),
    last_message: messageSchema.nullable(),
  })
  .meta({ id: 'Request' });

export type Request = z.infer<typeof requestSchema>;

/** With all messages of the sender so far; empty for a group. */
export const openedRequestSchema = requestSchema
  .extend({ messages: z.array(messageSchema) })
  .meta({ id: 'OpenedRequest' });

export type OpenedRequest = z.infer<typeof openedRequestSchema>;

/** A user who was invited to a group and has not joined. */
export const invitationSchema = z
  .object({ ...person.shape, role: roleSchema, invited_by: uuid, created_at: timestamp })
  .meta({ id: 'GroupInvitation' });

export type GroupInvitation = z.infer<typeof invitationSchema>;
