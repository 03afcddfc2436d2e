import * as z from 'zod';
import { seqNumber, uuid } from '../../values/ids';
import { reportedStatus } from '../../entities/receipt';
import { timestamp } from '../../values/time';
import type { EventDefinition } from '../event';

/** Covers all of the author's messages up to `seq`. Events may arrive out of order: the highest seq counts (D6). */
export const messageStatusUpdated = {
  name: 'chat:message_status_updated',
  summary:
    'A user has reached this status up to this seq. Sent to the authors of the messages newly covered.',
  data: z.object({
    conversationId: uuid,
    messageId: uuid,
    seq: seqNumber,
    userId: uuid,
    status: reportedStatus,
    timestamp,
  }),
} as const satisfies EventDefinition;

export type MessageStatusUpdated = z.output<typeof messageStatusUpdated.data>;
