import { columns, nullable, text, time } from '../columns';
import { statement } from '../statement';

export const externalIdentitiesOfUser = statement(
  'external_identities_to_export',
  'SELECT issuer, subject, created_at FROM external_identities WHERE user_id = $1::uuid',
  columns({ issuer: text, subject: text, createdAt: time }),
);

export const allSessionsOfUser = statement(
  'sessions_to_export',
  `SELECT id, user_agent, created_at, last_seen_at, expires_at, revoked_at
   FROM sessions WHERE user_id = $1::uuid`,
  columns({
    id: text,
    userAgent: nullable(text),
    createdAt: time,
    lastSeenAt: nullable(time),
    expiresAt: time,
    revokedAt: nullable(time),
  }),
);

export const devicesOfUser = statement(
  'devices_to_export',
  'SELECT device_id, session_id, created_at, last_seen_at FROM devices WHERE user_id = $1::uuid',
  columns({ deviceId: text, sessionId: text, createdAt: time, lastSeenAt: time }),
);
