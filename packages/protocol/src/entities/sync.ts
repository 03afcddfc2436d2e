import * as z from 'zod';
import { conversationSchema } from './conversation';
import { uuid } from '../values/ids';
import { messageSchema } from './message';
import { receiptSchema } from './receipt';
import { requestSchema } from './request';
import { cursor } from '../text/text';

/** Changes for a user since a cursor, including deletions and removals. The same over REST and sockets (D7). */
export const syncSchema = z
  .object({
    conversations: z.array(conversationSchema),
    removed: z
      .array(uuid)
      .meta({ description: 'Conversations that the user has left or was removed from.' }),
    messages: z.array(messageSchema).meta({
      description:
        'New and changed entries, including tombstones. Of two copies, the higher version wins.',
    }),
    receipts: z.array(receiptSchema),
    requests: z.array(requestSchema).optional().meta({
      description:
        "Requests that await the user's answer, newest first, up to 50; only on the last page. Omitted if there are none.",
    }),
    cursor: cursor.meta({
      description: 'Belongs to the user, on every device and transport; valid for 90 days.',
    }),
    has_more: z.boolean().meta({ description: 'Fetch the next page at once with the new cursor.' }),
  })
  .meta({ id: 'Sync' });

export type Sync = z.infer<typeof syncSchema>;
