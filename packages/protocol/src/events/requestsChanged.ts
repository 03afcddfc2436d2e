import * as z from 'zod';
import { uuid } from '../values/ids';
import type { ServerEvent } from './event';

/** Says only that something changed: the list is short and read again. */
export const requestsChanged = {
  name: 'requests:changed',
  summary:
    'A request that waits for my answer came, changed or was settled: to my own devices. Read GET /api/requests.',
  data: z.object({ conversationId: uuid }),
} as const satisfies ServerEvent;

export type RequestsChanged = z.output<typeof requestsChanged.data>;
