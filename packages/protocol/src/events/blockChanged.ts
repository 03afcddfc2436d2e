import * as z from 'zod';
import { uuid } from '../values/ids';
import type { ServerEvent } from './event';

/** So that no device goes on as if nothing were: the list itself is read anew at each connection. */
export const blockChanged = {
  name: 'chat:block_changed',
  summary:
    'I have blocked somebody, or taken it back: to all devices of who did, and to nobody else.',
  data: z.object({ userId: uuid, blocked: z.boolean() }),
} as const satisfies ServerEvent;

export type BlockChanged = z.output<typeof blockChanged.data>;
