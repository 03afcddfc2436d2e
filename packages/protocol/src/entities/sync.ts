import * as z from 'zod';
import { conversationSchema } from './conversation';
import { uuid } from '../values/ids';
import { messageSchema } from './message';
import { receiptSchema } from './receipt';
import { requestSchema } from './request';
import { cursor } from '../text/text';

/** What changed for a user since a cursor, deletions and removals included. The same by REST and by socket (D7). */
export const syncSchema = z
  .object({
    conversations: z.array(conversationSchema),
    removed: z.array(uuid).meta({ description: 'Conversations that the user is no longer in.' }),
    messages: z.array(messageSchema).meta({
      description: 'New and changed, tombstones included; of two states the higher version wins.',
    }),
    receipts: z.array(receiptSchema),
    requests: z.array(requestSchema).optional().meta({
      description:
        'All requests that wait for my answer, newest first, up to 50; on the last page. Left out when there are none.',
    }),
    cursor: cursor.meta({
      description: "The user's, whichever device or door it came by; good for 90 days.",
    }),
    has_more: z.boolean().meta({ description: 'Ask again at once with the new cursor.' }),
  })
  .meta({ id: 'Sync' });

export type Sync = z.infer<typeof syncSchema>;
