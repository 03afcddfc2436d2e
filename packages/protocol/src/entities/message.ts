import * as z from 'zod';
import { missingOr } from '../values/wording';
import { roleSchema } from './conversationRole';
import { seqNumber, uuid, version } from '../values/ids';
import { REACTION_USERS_MAX } from '../limits';
import { messageStatus } from './receipt';
import { clientMessageId, contentEncrypted, emoji, title } from '../text/text';
import { timestamp } from '../values/time';

/** What the content is, as its sender says. The server does not look. */
export const messageTypes = ['text', 'image', 'file', 'voice'] as const;
export type MessageType = (typeof messageTypes)[number];
export const messageType = z.enum(messageTypes, {
  error: missingOr(`must be one of ${messageTypes.join(', ')}`),
});

/**
 * What an entry of a conversation is: what somebody wrote, or the conversation's own history. More kinds will come;
 * a client acknowledges and skips an entry of a kind that it does not know (`isKnownKind`).
 */
export const entryKinds = ['message', 'event'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Whether this client can show an entry. One of another kind still has a seq, and is acknowledged like the others. */
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

/** A piece of a conversation's own history; in direct conversations only `retention`. `sender_id` of its entry is who did it. */
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
        description: 'Seconds for which content that is sent after this is kept; null: for ever.',
      }),
      apply_to_history: z.boolean().meta({
        description: 'Whether it holds for what was sent before, too.',
      }),
      requests_history: z.literal(true).optional().meta({
        description:
          'In a direct conversation: asks the other one to apply it to what was sent before.',
      }),
    }),
  ])
  .meta({ id: 'ConversationEvent' });

export type ConversationEvent = z.infer<typeof conversationEventSchema>;

/** Who reacted with what, in the order in which each emoji and each user came first. */
export const reactionSchema = z
  .object({
    emoji,
    user_ids: z.array(uuid).meta({
      description: `All who reacted with it; of more than ${REACTION_USERS_MAX} the first ${REACTION_USERS_MAX}.`,
    }),
    count: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'How many reacted with it, where user_ids are not all of them.' }),
  })
  .meta({ id: 'Reaction' });
export type Reaction = z.infer<typeof reactionSchema>;

/** An entry of a conversation. The same JSON by every door: answers, events, history and sync. */
export const messageSchema = z
  .object({
    id: uuid,
    conversation_id: uuid,
    seq: seqNumber,
    version: version.meta({
      description:
        'The version of the conversation at the last change of this message; the higher one wins.',
    }),
    kind: z.enum(entryKinds).meta({
      description: 'More kinds may come: acknowledge and skip what you do not know.',
    }),
    sender_id: uuid.meta({ description: 'Who wrote it, or did what the event tells.' }),
    client_message_id: clientMessageId.nullable(),
    message_type: messageType.meta({ description: 'For events always text.' }),
    content_encrypted: contentEncrypted
      .nullable()
      .meta({ description: 'null for events and for tombstones of deleted messages.' }),
    reply_to_id: uuid.nullable(),
    created_at: timestamp,
    edited_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    reactions: z.array(reactionSchema),
    status: messageStatus.meta({
      description:
        'The least far of all recipients when this was written; receipts do not change a message.',
    }),
    event: conversationEventSchema.optional().meta({ description: 'Only with kind event.' }),
  })
  .meta({ id: 'Message' });

export type Message = z.infer<typeof messageSchema>;

/** The answer to a send for clients that connect with `auth.brief`: what the sender did not know. */
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
