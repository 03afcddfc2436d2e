import * as z from 'zod';
import { conversationSchema } from '../../entities/conversation';
import { uuid } from '../../values/ids';
import { messageSchema } from '../../entities/message';
import { timestamp } from '../../values/time';
import { requestSchema } from '../../entities/request';
import { blockSchema } from '../chat/blocks';
import { privacySchema } from './privacy';
import type { Endpoint } from '../endpoint';

/** Rises when a record loses a field or changes its meaning. Readers ignore new fields and records. */
export const EXPORT_VERSION = 1;

const time = timestamp.nullable();

/** One line of an export, by `record`. docs/operations/export.md describes each. */
export const exportRecordSchema = z.discriminatedUnion('record', [
  z.object({
    record: z.literal('export'),
    version: z.literal(EXPORT_VERSION),
    user_id: uuid,
    begun_at: timestamp,
  }),
  z.object({
    record: z.literal('profile'),
    ...{ id: uuid, username: z.string(), email: z.string(), display_name: z.string() },
    ...{ created_at: timestamp, last_seen_at: time },
  }),
  z.object({
    record: z.literal('external_identity'),
    ...{ issuer: z.string(), subject: z.string(), created_at: timestamp },
  }),
  z.object({
    record: z.literal('session'),
    ...{ id: uuid, user_agent: z.string().nullable(), created_at: timestamp },
    ...{ last_seen_at: time, expires_at: timestamp, revoked_at: time },
  }),
  z.object({
    record: z.literal('device'),
    ...{ device_id: z.string(), session_id: uuid, created_at: timestamp, last_seen_at: timestamp },
  }),
  blockSchema.extend({ record: z.literal('block') }),
  privacySchema.extend({ record: z.literal('privacy') }),
  requestSchema
    .pick({ id: true, kind: true, created_at: true, conversation_id: true })
    .extend({ record: z.literal('request_received'), from: uuid, state: z.string() }),
  requestSchema
    .pick({ id: true, kind: true, created_at: true, conversation_id: true })
    .extend({ record: z.literal('request_sent'), to: uuid }),
  conversationSchema.omit({ last_message: true }).extend({ record: z.literal('conversation') }),
  messageSchema.extend({ record: z.literal('message') }),
  messageSchema
    .pick({
      ...{ id: true, conversation_id: true, created_at: true, edited_at: true, deleted_at: true },
      ...{ message_type: true, content_encrypted: true, client_message_id: true },
      reply_to_id: true,
    })
    .extend({ record: z.literal('own_message') }),
  z.object({ record: z.literal('end'), records: z.int().min(0) }),
]);

export type ExportRecord = z.infer<typeof exportRecordSchema>;

export const exportMe = {
  method: 'GET',
  path: '/api/users/me/export',
  summary: 'The user’s data as JSON lines. It is complete if the last line is the record “end”.',
  mediaType: 'application/x-ndjson',
  answers: { 200: z.string() },
  refusals: [],
} as const satisfies Endpoint;
