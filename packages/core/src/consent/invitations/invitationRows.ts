import type { GroupInvitation } from '@chasqui/protocol';
import { isoTime } from '../../messages/messageRows';

/** A GroupInvitation as JSON, except that its time is in seconds; `r` is the request, `u` the invited user. */
export const INVITATION = `json_build_object('user_id', r.to_id, 'username', u.username,
  'display_name', u.display_name, 'role', r.role, 'invited_by', r.from_id,
  'created_at', extract(epoch FROM r.created_at)::float8)`;

export type InvitationRow = Omit<GroupInvitation, 'created_at'> & { created_at: number };

export function toInvitation(row: InvitationRow): GroupInvitation {
  return { ...row, created_at: isoTime(row.created_at) };
}
