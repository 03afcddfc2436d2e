import * as z from 'zod';
import { missingOr } from '../values/wording';
import { roleSchema } from './conversationRole';
import { seqNumber, uuid, version } from '../values/ids';
import { REACTION_USERS_MAX } from '../limits';
import { messageStatus } from './receipt';
import { clientMessageId, contentEncrypted, emoji, title } from '../text/text';
import { timestamp } from '../values/time';

/** The type of the content, as declared by its sender. The server does not check it. */
export const messageTypes = ['text', 'image', 'file', 'voice'] as const;
export type MessageType = (typeof messageTypes)[number];
export const messageType = z.enum(messageTypes, {
  error: missingOr(`must be one of ${messageTypes.join(', ')}`),
});

/**
 * The kind of an entry: a user's message, or an event of the conversation's own history. More kinds will come; clients
 * acknowledge and skip unknown kinds (`isKnownKind`).
 */
export const entryKinds = ['message', 'event'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Whether this client can show an entry. Entries of other kinds have a seq too and are acknowledged like all others. */
export function isKnownKind(kind: string): kind is EntryKind {
  return (entryKinds as readonly string[]).includes(kind);
}

export const conversationEventTypes = [
  'created',
  'title',
  'added',
  'removed',
  'left',
  'role',
  'retention',
] as const;
export type ConversationEventType = (typeof conversationEventTypes)[number];

/** An event of a conversation's history; in direct conversations only `retention`. The entry's `sender_id` is the actor. */
export const conversationEventSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('created'), title, user_ids: z.array(uuid) }),
    z.object({ type: z.literal('title'), title }),
    z.object({ type: z.literal('added'), user_ids: z.array(uuid), role: roleSchema.optional() }),
    z.object({ type: z.literal('removed'), user_ids: z.array(uuid) }),
    z.object({ type: z.literal('left'), user_ids: z.array(uuid) }),
    z.object({ type: z.literal('role'), user_ids: z.array(uuid), role: roleSchema }),
    z.object({
      type: z.literal('retention'),
      retention_s: z.int().min(1).nullable().meta({
        description: 'Seconds for which content sent after this is kept; null: unlimited.',
      }),
      apply_to_history: z.boolean().meta({
        description: 'Whether it also applies to earlier messages.',
      }),
      requests_history: z.literal(true).optional().meta({
        description:
          'In a direct conversation: asks the other person to apply it to earlier messages.',
      }),
    }),
  ])
  .meta({ id: 'ConversationEvent' });

export type ConversationEvent = z.infer<typeof conversationEventSchema>;

/** A reaction with its users, ordered by first use. */
export const reactionSchema = z
  .object({
    emoji,
    user_ids: z.array(uuid).meta({
      description: `The users who reacted with it, at most the first ${REACTION_USERS_MAX}.`,
    }),
    count: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'The number of users who reacted with it, if user_ids is incomplete.' }),
  })
  .meta({ id: 'Reaction' });
export type Reaction = z.infer<typeof reactionSchema>;

/** An entry of a conversation. The same JSON in answers, events, history and sync. */
export const messageSchema = z
  .object({
    id: uuid,
    conversation_id: uuid,
    seq: seqNumber,
    version: version.meta({
      description:
        "The conversation's version at the last change of this entry. Of two copies, the higher version wins.",
    }),
    kind: z.enum(entryKinds).meta({
      description: 'More kinds may come: acknowledge and skip unknown ones.',
    }),
    sender_id: uuid.meta({ description: 'The author, or the actor of the event.' }),
    client_message_id: clientMessageId.nullable(),
    message_type: messageType.meta({ description: 'Always `text` for events.' }),
    content_encrypted: contentEncrypted
      .nullable()
      .meta({ description: 'null for events and tombstones.' }),
    reply_to_id: uuid.nullable(),
    created_at: timestamp,
    edited_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    reactions: z.array(reactionSchema),
    status: messageStatus.meta({
      description:
        'The lowest status of all recipients when this JSON was written. Receipts do not change a message.',
    }),
    event: conversationEventSchema.optional().meta({ description: 'Only for kind `event`.' }),
  })
  .meta({ id: 'Message' });

export type Message = z.infer<typeof messageSchema>;

/** The answer to a send for clients that connect with `auth.brief`: only what the sender does not know. */
export const briefMessageSchema = z
  .object({
    id: uuid,
    conversation_id: uuid,
    seq: seqNumber,
    version,
    client_message_id: clientMessageId.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'BriefMessage' });

export type BriefMessage = z.infer<typeof briefMessageSchema>;
