import type { MigrationContext } from '../migrating/migration';

/**
 * Who administers the instance, who is suspended, who is invited, and whose password was set by somebody else. Only
 * additions: a server of the release before runs on it and sees none of them.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    -- By user id, so that a role follows no name: who takes a name that is free again gets nothing with it.
    CREATE TABLE instance_roles (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      role text NOT NULL CHECK (role IN ('owner', 'admin')),
      -- Null: granted at the command line, or by a setting.
      granted_by uuid,
      granted_at timestamptz(3) NOT NULL DEFAULT now()
    );

    -- A row for each user who may not sign in. Their messages wait.
    CREATE TABLE suspensions (
      user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
      suspended_by uuid,
      suspended_at timestamptz(3) NOT NULL DEFAULT now()
    );

    CREATE TABLE instance_invitations (
      id uuid PRIMARY KEY,
      -- SHA-256 of the code: who reads the table cannot register with it.
      code_digest bytea NOT NULL UNIQUE,
      created_by uuid,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      max_uses integer NOT NULL CHECK (max_uses > 0),
      uses integer NOT NULL DEFAULT 0 CHECK (uses BETWEEN 0 AND max_uses),
      revoked_at timestamptz(3)
    );
    CREATE INDEX instance_invitations_recent ON instance_invitations (created_at DESC, id DESC);

    -- While this is set, the password was chosen by an administrator: it is good for choosing another one, until then.
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
