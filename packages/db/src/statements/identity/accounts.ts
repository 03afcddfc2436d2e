import { column, columns, flag, nullable, number, oneOf, text, time } from '../columns';
import { command, statement } from '../statement';

const role = nullable(oneOf('owner', 'admin'));

/** Users with roles, suspensions and sessions, latest first. Binds: LIKE pattern, last time and id, limit, grams, part. */
export const usersForAdministrators = statement(
  'administered_people',
  `SELECT u.id, u.username, u.display_name, u.created_at, u.last_seen_at, r.role, x.suspended_at,
     (SELECT count(*) FROM sessions s
      WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > now())
   FROM users u
   LEFT JOIN instance_roles r ON r.user_id = u.id
   LEFT JOIN suspensions x ON x.user_id = u.id
   WHERE u.deleted_at IS NULL AND ($1::text IS NULL OR u.search LIKE $1::text
       OR u.search_grams @> $5::integer[] AND position($6::text in u.search_key) > 0)
     AND ($2::timestamptz IS NULL OR (u.created_at, u.id) < ($2::timestamptz, $3::uuid))
   ORDER BY u.created_at DESC, u.id DESC LIMIT $4::int`,
  columns({
    id: text,
    username: text,
    displayName: text,
    createdAt: time,
    lastSeenAt: nullable(time),
    role,
    suspendedAt: nullable(time),
    sessionCount: number,
  }),
);

/** Locks the row of a user whom an administrator acts upon. */
export const lockUser = statement(
  'lock_administered_user',
  `SELECT r.role, EXISTS (SELECT FROM external_identities e WHERE e.user_id = u.id)
   FROM users u LEFT JOIN instance_roles r ON r.user_id = u.id
   WHERE u.id = $1::uuid AND u.deleted_at IS NULL FOR NO KEY UPDATE OF u`,
  columns({ role, isExternal: flag }),
);

/** Runs to 0 when the user is suspended already. */
export const suspendUser = command(
  'suspend_user',
  `INSERT INTO suspensions (user_id, suspended_by) VALUES ($1::uuid, $2::uuid)
   ON CONFLICT DO NOTHING RETURNING user_id`,
);

export const unsuspendUser = command(
  'unsuspend_user',
  'DELETE FROM suspensions WHERE user_id = $1::uuid RETURNING user_id',
);

/** Runs to 1 when the user is suspended. */
export const suspensionOfUser = command(
  'suspension_of_user',
  'SELECT FROM suspensions WHERE user_id = $1::uuid',
);

const TEMPORARY_PASSWORD_UNTIL = `now() + interval '24 hours'`;

/** Binds: user, hash of the password. Values are bound, so PostgreSQL's log contains no hash. */
export const setTemporaryPassword = statement(
  'set_temporary_password',
  `UPDATE users SET password_hash = $2, password_temporary_until = ${TEMPORARY_PASSWORD_UNTIL}
   WHERE id = $1::uuid RETURNING password_temporary_until`,
  column(time),
);

/** No row when the name or the address is taken. A violated constraint would write the address to PostgreSQL's log. */
export const insertTemporaryAccount = statement(
  'create_account',
  `INSERT INTO users
     (id, username, username_key, email, email_key, display_name, password_hash, password_temporary_until,
      search_key, search_grams)
   VALUES ($1::uuid, $2, $3, $4, $5, $2, $6, ${TEMPORARY_PASSWORD_UNTIL}, $7, $8::integer[])
   ON CONFLICT DO NOTHING RETURNING password_temporary_until`,
  column(time),
);

/** Runs to 0 when the name or the address is taken, like `insertTemporaryAccount`. */
export const insertAccount = command(
  'register_account',
  `INSERT INTO users (id, username, username_key, email, email_key, display_name, password_hash)
   VALUES ($1::uuid, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
);

/** Binds: user, whether to erase messages. */
export const insertDeletion = command(
  'insert_account_deletion',
  `INSERT INTO account_deletions (user_id, erase_messages) VALUES ($1::uuid, $2::boolean)
   ON CONFLICT DO NOTHING`,
);

export const deleteDevices = command(
  'delete_devices_of_user',
  'DELETE FROM devices WHERE user_id = $1::uuid',
);

/** Deletes rows of a user whose account ends. Contact requests go later, when their conversations are barred. */
export const deleteBelongings = [
  command(
    'delete_refresh_tokens_of_user',
    'DELETE FROM refresh_tokens t USING sessions s WHERE s.user_id = $1::uuid AND t.session_id = s.id',
  ),
  command(
    'delete_external_identities_of_user',
    'DELETE FROM external_identities WHERE user_id = $1::uuid',
  ),
  command('delete_role_of_user', 'DELETE FROM instance_roles WHERE user_id = $1::uuid'),
  command('delete_suspension_of_user', 'DELETE FROM suspensions WHERE user_id = $1::uuid'),
  deleteDevices,
  command(
    'delete_group_requests_of_user',
    `DELETE FROM requests WHERE (from_id = $1::uuid OR to_id = $1::uuid) AND kind = 'group'`,
  ),
  command(
    'delete_blocks_of_user',
    'DELETE FROM blocks WHERE blocker_id = $1::uuid OR blocked_id = $1::uuid',
  ),
];
