import * as z from 'zod';
import { PAGE_DEFAULT, PAGE_MAX } from '../limits';
import { syncSchema } from '../entities/sync';
import { cursor } from '../text/text';
import type { Command } from './command';

/** As GET /api/sync: the two share their cursors (D7). */
export const sync = {
  name: 'chat:sync',
  summary: 'What changed since the cursor. Without a cursor: nothing yet, but one to start from.',
  data: z.object({
    cursor: cursor.optional(),
    limit: z.int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  }),
  answer: syncSchema,
} as const satisfies Command;

export type SyncRequest = z.output<typeof sync.data>;
