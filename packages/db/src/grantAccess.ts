import type { GuardedClient } from './guardedClient';

/** The role that server and worker log in as. It reads and writes rows and changes no schema. */
export interface PlainRole {
  name: string;
  /** Given: the role is created if it is missing, and gets this password. Otherwise it has to exist. */
  password?: string | undefined;
}

/**
 * Lets a role do what server and worker do, on everything of the schema that the caller owns and will create there
 * later. Creates no role unless a password is given. A second call does nothing new.
 * @throws an Error of one line when the role is missing, is the owner, or could change the schema anyway.
 */
export async function grantAccess(client: GuardedClient, role: PlainRole): Promise<void> {
  if (role.password !== undefined) await ensureRole(client, role.name, role.password);
  const reason = await whyNotPlain(client, role.name);
  if (reason !== undefined) throw new Error(`the role ${role.name} ${reason}`);
  const { rows } = await client.query<{ statement: string }>(GRANTS, [role.name]);
  await client.query(rows.map(({ statement }) => statement).join(';\n'));
}

async function ensureRole(client: GuardedClient, name: string, password: string): Promise<void> {
  const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const role = client.escapeIdentifier(name);
  if (rows.length === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
  await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(password)}`);
}

async function whyNotPlain(client: GuardedClient, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ isOwner: boolean; isMighty: boolean }>(
    `SELECT pg_has_role(oid, (SELECT oid FROM pg_roles WHERE rolname = current_user), 'MEMBER') AS "isOwner",
       rolsuper OR rolcreaterole AS "isMighty"
     FROM pg_roles WHERE rolname = $1`,
    [name],
  );
  const [role] = rows;
  if (role === undefined)
    return 'does not exist: create it, or give its password in GRANT_PASSWORD';
  if (role.isMighty) return 'is a superuser or may create roles: name one that is neither';
  if (role.isOwner) return 'has the rights of the owner: name another one';
  return undefined;
}

/** Only what is ours: others may keep tables in the same schema. */
const GRANTS = `
WITH place AS (
  SELECT n.oid AS schema, n.nspname AS name, r.oid AS owner
  FROM pg_namespace n, pg_roles r WHERE n.nspname = current_schema() AND r.rolname = current_user
)
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', d.datname, $1::text) AS statement
  FROM pg_database d, place WHERE d.datname = current_database() AND pg_has_role(place.owner, d.datdba, 'MEMBER')
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', name, $1)
  FROM place JOIN pg_namespace n ON n.oid = place.schema WHERE pg_has_role(place.owner, n.nspowner, 'MEMBER')
UNION ALL
SELECT format(CASE
    WHEN c.relkind = 'S' THEN 'GRANT USAGE, SELECT ON SEQUENCE %I.%I TO %I'
    WHEN c.relname = 'migrations' THEN 'GRANT SELECT ON %I.%I TO %I'
    ELSE 'GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I' END, name, c.relname, $1)
  FROM place JOIN pg_class c ON c.relnamespace = place.schema AND c.relowner = place.owner
  WHERE c.relkind IN ('r', 'p', 'v', 'S')
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, $1)
  FROM place JOIN pg_proc f ON f.pronamespace = place.schema AND f.proowner = place.owner
  WHERE f.prokind = 'f'
UNION ALL
SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s TO %I', name, future, $1)
  FROM place, unnest(ARRAY['SELECT, INSERT, UPDATE, DELETE ON TABLES', 'USAGE, SELECT ON SEQUENCES',
    'EXECUTE ON FUNCTIONS']) AS future`;
