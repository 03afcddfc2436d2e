import { column, columns, command, flag, nullable, number, statement } from '@chasqui/db';

/** Registers a device and returns its number; null if the session has ended. */
export const deviceNumber = statement(
  'open_device',
  'SELECT open_device($1, $2, $3)',
  column(nullable(number)),
);

export const forgetDevices = command(
  'forget_devices',
  'DELETE FROM devices WHERE user_id = $1 AND session_id = $2',
);

export const typingMembership = statement(
  'typing_membership',
  `SELECT c.members_version, c.barred IS NOT NULL
   FROM participants p JOIN conversations c ON c.id = p.conversation_id
   WHERE p.conversation_id = $1 AND p.user_id = $2`,
  columns({ membersVersion: number, isBarred: flag }),
);
