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
  description:
    'Where the membership begins: what came before is not visible. Rises when somebody is added anew.',
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

/** What of a conversation is the reader's own. */
export const myParticipationSchema = z
  .object({
    role: roleSchema,
    joined_seq: joinedSeq,
    delivered_seq: position,
    read_seq: position,
    unread_count: z.int().min(0).meta({
      description:
        'Messages by others after my read position, exact; neither deleted ones nor events count.',
    }),
  })
  .meta({ id: 'MyParticipation' });

export type MyParticipation = z.infer<typeof myParticipationSchema>;

const RETENTION_RANGE = `must be null or a whole number from ${RETENTION_MIN_S} to ${RETENTION_MAX_S}`;

/** How long a conversation is to keep content, in seconds; null: for ever. */
export const retention = z
  .int({ error: missingOr(RETENTION_RANGE) })
  .min(RETENTION_MIN_S, { error: RETENTION_RANGE })
  .max(RETENTION_MAX_S, { error: RETENTION_RANGE })
  .nullable()
  .meta({
    description:
      'Seconds after which a message becomes a tombstone, counted from its sending; null: never. Holds for what is sent from now on.',
  });

const bars = ['blocked', 'deleted'] as const;

/** Why a direct conversation takes nothing more: one of the two has blocked the other, or has left for good. */
export type Bar = (typeof bars)[number];

/** A conversation as all participants may see it: encoded once, sent to everybody. */
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
    // An older server says nothing of it, and keeps everything.
    retention_s: z.int().min(1).nullable().default(null).meta({
      description: 'Seconds for which content that is sent now is kept; null: for ever.',
    }),
    // An older server says nothing of it, and applies retention to everything.
    retention_from_seq: position.default(1).meta({
      description: 'retention_s holds for messages from here on.',
    }),
    history_request: z
      .object({ user_id: uuid, retention_s: z.int().min(1) })
      .nullable()
      .default(null)
      .meta({
        description:
          'Of a direct conversation: who has asked that retention apply to what was sent before. It does once the other asks for the same.',
      }),
    // An older server says nothing of it, and refuses what is sent.
    barred: z.enum(bars).nullable().default(null).meta({
      description:
        'Why nothing more can be said in this direct conversation: one of the two has blocked the other, or their account was deleted. null: it is open.',
    }),
    // An older server knows no requests.
    request: z
      .object({ to: uuid, messages_max: z.int().min(1) })
      .nullable()
      .default(null)
      .meta({
        description:
          'The other person has not accepted this direct conversation yet: they see a request, and it takes at most so many messages. null: it is a normal conversation.',
      }),
    participant_count: z.int().min(0),
    last_message: messageSchema.nullable(),
    participants: z.array(participantSchema).meta({
      description: 'All of them up to 100; in lists and events the first 5.',
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
