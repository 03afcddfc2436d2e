import { column, columns, nullable, oneOf, text, time } from '../columns';
import { command, statement } from '../statement';

const role = oneOf('owner', 'admin');

export const roleOfUser = statement(
  'instance_role',
  `SELECT r.role FROM instance_roles r JOIN users u ON u.id = r.user_id
   WHERE r.user_id = $1::uuid AND u.deleted_at IS NULL`,
  column(role),
);

/** No row for an unknown user; null for a user without a role. */
export const roleOfExistingUser = statement(
  'instance_role_of_existing_user',
  `SELECT r.role FROM users u LEFT JOIN instance_roles r ON r.user_id = u.id
   WHERE u.id = $1::uuid AND u.deleted_at IS NULL`,
  column(nullable(role)),
);

export const allRoles = statement(
  'instance_roles',
  `SELECT r.user_id, u.username, u.display_name, r.role, r.granted_at
   FROM instance_roles r JOIN users u ON u.id = r.user_id
   WHERE u.deleted_at IS NULL ORDER BY r.role = 'owner' DESC, u.username_key`,
  columns({ userId: text, username: text, displayName: text, role, grantedAt: time }),
);

/** Serializes changes of roles: two owners who revoke each other at the same moment would leave none. */
export const lockRoles = command(
  'lock_roles',
  'LOCK TABLE instance_roles IN SHARE ROW EXCLUSIVE MODE',
);

/** Runs to 1 when another user is an owner. */
export const anotherOwner = command(
  'another_owner',
  `SELECT FROM instance_roles r JOIN users u ON u.id = r.user_id
   WHERE r.role = 'owner' AND r.user_id <> $1::uuid AND u.deleted_at IS NULL LIMIT 1`,
);

/** Binds: user, role, granting user. */
export const grantRole = command(
  'grant_role',
  `INSERT INTO instance_roles (user_id, role, granted_by) VALUES ($1::uuid, $2, $3::uuid)
   ON CONFLICT (user_id) DO UPDATE
     SET role = excluded.role, granted_by = excluded.granted_by, granted_at = now()`,
);

export const revokeRole = command(
  'revoke_role',
  'DELETE FROM instance_roles WHERE user_id = $1::uuid',
);

/** Returns the ids of the new admins. */
export const grantAdminByName = statement(
  'admins_by_name',
  `INSERT INTO instance_roles (user_id, role)
   SELECT u.id, 'admin' FROM users u WHERE u.username_key = ANY ($1::text[]) AND u.deleted_at IS NULL
   ORDER BY u.id ON CONFLICT DO NOTHING RETURNING user_id`,
  column(text),
);
