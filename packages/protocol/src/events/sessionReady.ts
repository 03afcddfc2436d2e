import * as z from 'zod';
import { uuid } from '../values/ids';
import { deviceId } from '../text/text';
import type { ServerEvent } from './event';

/** Who this connection is, before anything else. */
export const sessionReady = {
  name: 'session:ready',
  summary: 'The connection is accepted. Comes before anything else.',
  data: z.object({
    userId: uuid,
    deviceId,
    protocol: z
      .int()
      .min(1)
      .meta({ description: 'The number of the contract that the server speaks.' }),
  }),
} as const satisfies ServerEvent;

export type SessionReady = z.output<typeof sessionReady.data>;
