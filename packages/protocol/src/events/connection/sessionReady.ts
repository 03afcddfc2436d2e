import * as z from 'zod';
import { capabilitiesSchema } from '../../values/capabilities';
import { uuid } from '../../values/ids';
import { deviceId } from '../../text/text';
import type { EventDefinition } from '../event';

/** Identifies the connection. The first event. */
export const sessionReady = {
  name: 'session:ready',
  summary: 'The connection is accepted. Always the first event.',
  data: z.object({
    userId: uuid,
    deviceId,
    protocol: z.int().min(1).meta({ description: 'The protocol number of the server.' }),
    capabilities: capabilitiesSchema,
  }),
} as const satisfies EventDefinition;

export type SessionReady = z.output<typeof sessionReady.data>;
