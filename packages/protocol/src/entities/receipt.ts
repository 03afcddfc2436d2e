import * as z from 'zod';
import { position, uuid } from '../values/ids';
import { missingOr } from '../values/wording';

/** How far a message has come with a recipient, least far first. It never goes back (D6). */
export const messageStatuses = ['sent', 'delivered', 'read'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

export const messageStatus = z.enum(messageStatuses);

/** The two a recipient can report; that a message was sent is for the server to say. */
export const reportedStatuses = ['delivered', 'read'] as const;
export type ReportedStatus = (typeof reportedStatuses)[number];

const rank: Readonly<Record<MessageStatus, number>> = { sent: 0, delivered: 1, read: 2 };

/** The further of two statuses: what stands after news that may be late, doubled or crossed. */
export function furthest(a: MessageStatus, b: MessageStatus): MessageStatus {
  return rank[a] >= rank[b] ? a : b;
}

/** The less far of two statuses: what a message shows that has several recipients. */
export function leastFar(a: MessageStatus, b: MessageStatus): MessageStatus {
  return rank[a] <= rank[b] ? a : b;
}

export const reportedStatus = z.enum(reportedStatuses, {
  error: missingOr(`must be one of ${reportedStatuses.join(', ')}`),
});

/** How far one participant has come in one conversation. Read implies delivered: read_seq <= delivered_seq. */
export const receiptSchema = z
  .object({
    conversation_id: uuid,
    user_id: uuid,
    delivered_seq: position,
    read_seq: position,
  })
  .meta({ id: 'Receipt' });

export type Receipt = z.infer<typeof receiptSchema>;
