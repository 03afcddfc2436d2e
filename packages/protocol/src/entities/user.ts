import * as z from 'zod';
import { uuid } from '../values/ids';
import { displayName, username } from '../text/text';
import { timestamp } from '../values/time';

export const presenceStatuses = ['online', 'offline'] as const;
export type PresenceStatus = (typeof presenceStatuses)[number];
export const presenceStatus = z.enum(presenceStatuses);

/** Over all devices and nodes of a user (D10). */
export const presenceSchema = z
  .object({
    status: presenceStatus,
    last_seen_at: timestamp.nullable().meta({ description: 'null for a user never seen.' }),
  })
  .meta({ id: 'Presence' });

export type Presence = z.infer<typeof presenceSchema>;

export const userSchema = z
  .object({
    id: uuid,
    username,
    display_name: displayName,
    created_at: timestamp,
    presence: presenceSchema
      .nullable()
      .meta({ description: 'Only for users who share a conversation, otherwise null.' }),
  })
  .meta({ id: 'User' });

export type User = z.infer<typeof userSchema>;
