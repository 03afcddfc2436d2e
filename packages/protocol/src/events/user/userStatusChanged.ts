import * as z from 'zod';
import { uuid } from '../../values/ids';
import { timestamp } from '../../values/time';
import { presenceStatus } from '../../entities/user';
import type { EventDefinition } from '../event';

/** Per user, over all devices and nodes. Never queued (D10). */
export const userStatusChanged = {
  name: 'user:status_changed',
  summary:
    'A user came online or went offline. Sent to users who share a direct conversation or a group of up to 100.',
  data: z.object({ userId: uuid, status: presenceStatus, timestamp }),
} as const satisfies EventDefinition;

export type UserStatusChanged = z.output<typeof userStatusChanged.data>;
