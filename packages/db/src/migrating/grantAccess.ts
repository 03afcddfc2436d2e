import type { GuardedClient } from '../connection/guardedClient';
import { onClient } from '../statements/queriers';
import { grantStatements, roleExists, roleFacts } from '../statements/schema';

/** The role that server and worker log in as. It reads and writes rows and cannot change the schema. */
export interface PlainRole {
  name: string;
  /** When given, the role is created if missing and gets this password. Otherwise the role must exist. */
  password?: string | undefined;
}

/**
 * Grants a role what server and worker need, on all current and future objects of the caller in this schema. Creates
 * the role only when a password is given. A second call changes nothing.
 * @throws an Error of one line when the role is missing, owns the schema, or could change it anyway.
 */
export async function grantAccess(client: GuardedClient, role: PlainRole): Promise<void> {
  if (role.password !== undefined) await ensureRole(client, role.name, role.password);
  const reason = await whyNotPlain(client, role.name);
  if (reason !== undefined) throw new Error(`the role ${role.name} ${reason}`);
  const grants = await grantStatements.rows(onClient(client), role.name);
  await client.query(grants.join(';\n'));
}

async function ensureRole(client: GuardedClient, name: string, password: string): Promise<void> {
  const exists = (await roleExists.run(onClient(client), name)) > 0;
  const role = client.escapeIdentifier(name);
  if (!exists) await client.query(`CREATE ROLE ${role} LOGIN`);
  await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(password)}`);
}

async function whyNotPlain(client: GuardedClient, name: string): Promise<string | undefined> {
  const role = await roleFacts.row(onClient(client), name);
  if (role === undefined)
    return 'does not exist: create it, or give its password in GRANT_PASSWORD';
  if (role.isPrivileged) return 'is a superuser or may create roles: name a role that is neither';
  if (role.isOwner) return 'has the rights of the owner: name another role';
  return undefined;
}
