import * as z from 'zod';
import { roleSchema } from './conversationRole';
import { position, uuid, version } from '../values/ids';
import { RETENTION_MAX_S, RETENTION_MIN_S } from '../limits';
import { messageSchema } from './message';
import { displayName, title, username } from '../text/text';
import { timestamp } from '../values/time';
import { missingOr } from '../values/wording';

export const conversationTypes = ['direct', 'group'] as const;
export type ConversationType = (typeof conversationTypes)[number];

const joinedSeq = position.meta({
  description: 'The first visible seq of the membership. Rises when the user is added again.',
});

export const participantSchema = z
  .object({
    user_id: uuid,
    username,
    display_name: displayName,
    role: roleSchema,
    joined_at: timestamp,
    joined_seq: joinedSeq,
    delivered_seq: position,
    read_seq: position,
  })
  .meta({ id: 'Participant' });

export type Participant = z.infer<typeof participantSchema>;

/** The reader's own part of a conversation. */
export const myParticipationSchema = z
  .object({
    role: roleSchema,
    joined_seq: joinedSeq,
    delivered_seq: position,
    read_seq: position,
    unread_count: z.int().min(0).meta({
      description:
        "The exact number of messages by others after the user's read position, without deleted messages and events.",
    }),
  })
  .meta({ id: 'MyParticipation' });

export type MyParticipation = z.infer<typeof myParticipationSchema>;

const RETENTION_RANGE = `must be null or a whole number from ${RETENTION_MIN_S} to ${RETENTION_MAX_S}`;

/** How long a conversation keeps content, in seconds; null: unlimited. */
export const retention = z
  .int({ error: missingOr(RETENTION_RANGE) })
  .min(RETENTION_MIN_S, { error: RETENTION_RANGE })
  .max(RETENTION_MAX_S, { error: RETENTION_RANGE })
  .nullable()
  .meta({
    description:
      'Seconds after sending at which a message becomes a tombstone; null: never. Applies to messages sent from now on.',
  });

const bars = ['blocked', 'deleted'] as const;

/** Why a direct conversation takes no more messages: one person blocked the other, or deleted their account. */
export type Bar = (typeof bars)[number];

/** A conversation as all participants see it: encoded once and sent to all of them. */
export const conversationForAllSchema = z
  .object({
    id: uuid,
    type: z.enum(conversationTypes).meta({ description: 'More types may come.' }),
    title: title.nullable().meta({ description: 'null in direct conversations.' }),
    created_by: uuid,
    created_at: timestamp,
    updated_at: timestamp,
    version,
    last_seq: position,
    // Older servers omit it and keep everything.
    retention_s: z.int().min(1).nullable().default(null).meta({
      description: 'Seconds for which content sent now is kept; null: unlimited.',
    }),
    // Older servers omit it and apply retention to everything.
    retention_from_seq: position.default(1).meta({
      description: 'retention_s applies from this seq on.',
    }),
    history_request: z
      .object({ user_id: uuid, retention_s: z.int().min(1) })
      .nullable()
      .default(null)
      .meta({
        description:
          'In a direct conversation: the user who asked to apply retention to earlier messages. It applies once the other person asks for the same.',
      }),
    // Older servers omit it and refuse the send.
    barred: z.enum(bars).nullable().default(null).meta({
      description:
        'Why this direct conversation takes no more messages: a block, or a deleted account. null: it is open.',
    }),
    // Older servers have no requests.
    request: z
      .object({ to: uuid, messages_max: z.int().min(1) })
      .nullable()
      .default(null)
      .meta({
        description:
          'The other person has not accepted this direct conversation yet: they see a request, and it takes at most `messages_max` messages. null: accepted.',
      }),
    participant_count: z.int().min(0),
    last_message: messageSchema.nullable(),
    participants: z.array(participantSchema).meta({
      description: 'Up to 100; in lists and events the first 5.',
    }),
  })
  .meta({ id: 'ConversationForAll' });

export type ConversationForAll = z.infer<typeof conversationForAllSchema>;

/** A conversation as one participant sees it. */
export const conversationSchema = conversationForAllSchema
  .extend({ my: myParticipationSchema })
  .meta({ id: 'Conversation' });

export type Conversation = z.infer<typeof conversationSchema>;

export type { ConversationRole } from './conversationRole';
