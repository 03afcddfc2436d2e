import {
  type Conversation,
  conversationSchema,
  paged,
  receiptSchema,
  type Request,
  requestSchema,
  syncSchema,
} from '@chasqui/protocol';
import * as z from 'zod';
import { readEntry, type WireEntry } from '../state/entry';

// Responses as the contract defines them, parsed leniently: one item unknown to this client, such as a new kind of entry,
// must not make a whole page unreadable.

export const entry = z.unknown().transform((value, context): WireEntry => {
  const read = readEntry(value);
  if (read !== undefined) return read;
  context.addIssue({ code: 'custom', message: 'must be an entry of a conversation' });
  return z.NEVER;
});

const entries = z
  .array(z.unknown())
  .transform((values): WireEntry[] => values.map(readEntry).filter((read) => read !== undefined));

const conversations = z
  .array(z.unknown())
  .transform((values): Conversation[] =>
    values.flatMap((value) => conversationSchema.safeParse(value).data ?? []),
  );

/** Drops requests of a kind unknown to this client. */
const requests = z
  .array(z.unknown())
  .transform((values): Request[] =>
    values.flatMap((value) => requestSchema.safeParse(value).data ?? []),
  );

export const requestList = paged({ requests });

export const conversationList = paged({ conversations });

export const historyPage = z.object({ messages: entries, has_more: z.boolean() });

export const receivedEntries = z.object({ messages: entries });

export const syncPage = syncSchema.extend({
  conversations,
  messages: entries,
  receipts: z.array(receiptSchema),
  requests: requests.optional(),
});

export type SyncPage = z.output<typeof syncPage>;

/** The reply to a send. */
export const sentEntry = z.object({ message: entry });

/** A response without a body. */
export const noBody = z.undefined();
