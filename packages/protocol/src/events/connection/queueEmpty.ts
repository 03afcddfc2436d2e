import * as z from 'zod';
import type { EventDefinition } from '../event';

/** Once per connection, also for an empty backlog. Everything after it is live (D5). */
export const queueEmpty = {
  name: 'chat:queue_empty',
  summary: 'The backlog of this device has been sent.',
  data: z.object({
    delivered: z.int().min(0).meta({ description: 'Number of entries in the backlog.' }),
  }),
} as const satisfies EventDefinition;

export type QueueEmpty = z.output<typeof queueEmpty.data>;
