import * as z from 'zod';
import { uuid } from '../../values/ids';
import type { EventDefinition } from '../event';

/** Reports only that the list changed: clients fetch it again, because it is short. */
export const requestsChanged = {
  name: 'requests:changed',
  summary:
    "A request to the user arrived, changed or was answered. Sent to the user's own devices: fetch GET /api/requests.",
  data: z.object({ conversationId: uuid }),
} as const satisfies EventDefinition;

export type RequestsChanged = z.output<typeof requestsChanged.data>;
