import type { MigrationContext } from '../migrating/migration';

/**
 * Instance roles, suspensions, invitations and temporary passwords. Only additions: a server of the previous release
 * works on this schema and ignores them.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- Keyed by user id: a user who later takes a freed name does not inherit its role.
    CREATE TABLE instance_roles (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      role text NOT NULL CHECK (role IN ('owner', 'admin')),
      -- Null when granted on the command line or by a setting.
      granted_by uuid,
      granted_at timestamptz(3) NOT NULL DEFAULT now()
    );

    -- Users who may not sign in. Their messages wait.
    CREATE TABLE suspensions (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      suspended_by uuid,
      suspended_at timestamptz(3) NOT NULL DEFAULT now()
    );

    CREATE TABLE instance_invitations (
      id uuid PRIMARY KEY,
      -- SHA-256 of the code, so reading the table does not allow registering.
      code_digest bytea NOT NULL UNIQUE,
      created_by uuid,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      max_uses integer NOT NULL CHECK (max_uses > 0),
      uses integer NOT NULL DEFAULT 0 CHECK (uses BETWEEN 0 AND max_uses),
      revoked_at timestamptz(3)
    );
    CREATE INDEX instance_invitations_recent ON instance_invitations (created_at DESC, id DESC);

    -- Set while the password was chosen by an administrator: until then, it only allows choosing a new one.
    ALTER TABLE users ADD COLUMN password_temporary_until timestamptz(3);
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    ALTER TABLE users DROP COLUMN password_temporary_until;
    DROP TABLE instance_invitations;
    DROP TABLE suspensions;
    DROP TABLE instance_roles;
  `);
}
