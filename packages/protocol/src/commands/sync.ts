import * as z from 'zod';
import { PAGE_DEFAULT, PAGE_MAX } from '../limits';
import { syncSchema } from '../entities/sync';
import { cursor } from '../text/text';
import type { Command } from './command';

/** The same as GET /api/sync, with the same cursors (D7). */
export const sync = {
  name: 'chat:sync',
  summary: 'Changes since the cursor. Without a cursor: only a cursor to start from.',
  data: z.object({
    cursor: cursor.optional(),
    limit: z.int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  }),
  answer: syncSchema,
} as const satisfies Command;

export type SyncRequest = z.output<typeof sync.data>;
