import * as z from 'zod';
import { position, uuid } from '../values/ids';
import { missingOr } from '../values/wording';

/** The status of a message for a recipient, in ascending order. It never goes back (D6). */
export const messageStatuses = ['sent', 'delivered', 'read'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

export const messageStatus = z.enum(messageStatuses);

/** The statuses that a recipient can report. */
export const reportedStatuses = ['delivered', 'read'] as const;
export type ReportedStatus = (typeof reportedStatuses)[number];

const rank: Readonly<Record<MessageStatus, number>> = { sent: 0, delivered: 1, read: 2 };

/** The higher of two statuses: the result of events that may be late, duplicated or out of order. */
export function furthest(a: MessageStatus, b: MessageStatus): MessageStatus {
  return rank[a] >= rank[b] ? a : b;
}

/** The lower of two statuses: what a message with several recipients shows. */
export function leastFar(a: MessageStatus, b: MessageStatus): MessageStatus {
  return rank[a] <= rank[b] ? a : b;
}

export const reportedStatus = z.enum(reportedStatuses, {
  error: missingOr(`must be one of ${reportedStatuses.join(', ')}`),
});

/** A participant's positions in a conversation. Read implies delivered: read_seq <= delivered_seq. */
export const receiptSchema = z
  .object({
    conversation_id: uuid,
    user_id: uuid,
    delivered_seq: position,
    read_seq: position,
  })
  .meta({ id: 'Receipt' });

export type Receipt = z.infer<typeof receiptSchema>;
