import * as z from 'zod';
import { uuid } from '../../values/ids';
import type { EventDefinition } from '../event';

/** Keeps the user's other devices up to date. Clients also fetch the list of blocks at each connect. */
export const blockChanged = {
  name: 'chat:block_changed',
  summary: "The user blocked or unblocked somebody. Sent to the user's own devices only.",
  data: z.object({ userId: uuid, blocked: z.boolean() }),
} as const satisfies EventDefinition;

export type BlockChanged = z.output<typeof blockChanged.data>;
