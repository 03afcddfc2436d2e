import * as z from 'zod';
import { uuid } from '../../values/ids';
import { messageStatus, receiptSchema, reportedStatus } from '../../entities/receipt';
import { timestamp } from '../../values/time';
import type { Endpoint } from '../endpoint';
import { paged, page, query } from '../query';

const params = z.object({ messageId: uuid });

export const reportStatus = {
  method: 'POST',
  path: '/api/messages/:messageId/status',
  summary:
    "Report delivered or read up to this message. Moves the user's positions, but no device's cursor.",
  params,
  body: z.object({ status: reportedStatus }),
  answers: { 200: receiptSchema },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;

/** The status of one message for one recipient. */
export const recipientStatusSchema = z
  .object({
    user_id: uuid,
    status: messageStatus,
    delivered_at: timestamp.nullable(),
    read_at: timestamp.nullable(),
  })
  .meta({ id: 'RecipientStatus', description: 'Times are exact to one second.' });

export type RecipientStatus = z.infer<typeof recipientStatusSchema>;

export const readStatus = {
  method: 'GET',
  path: '/api/messages/:messageId/status',
  summary: 'Who has received and read a message, and when (participants).',
  params,
  query: query(page),
  answers: {
    200: paged({
      recipient_count: z.int().min(0),
      delivered_count: z.int().min(0),
      read_count: z.int().min(0),
      statuses: z.array(recipientStatusSchema),
    }),
  },
  refusals: ['ValidationError', 'NotFoundError'],
} as const satisfies Endpoint;
