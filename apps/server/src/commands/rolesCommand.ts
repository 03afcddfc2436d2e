import { CommandError, type Database, table, userNamed } from '@chasqui/db';
import type { Roles } from '@chasqui/identity';
import { ChasquiError, instanceRole } from '@chasqui/protocol';
import { parseCommandLine, toSeconds } from './commandLine';

const USAGE =
  'Usage: npm run roles -- list | grant <user> owner|admin | revoke <user> (a user name or an id)';

/**
 * Manages instance roles from the command line. Throws CommandError with a message for the
 * operator.
 */
export async function rolesCommand(
  db: Database,
  roles: Roles,
  args: readonly string[],
): Promise<string[]> {
  const { words } = parseCommandLine(args, USAGE);
  const [command, who, role, ...more] = words;
  if (more.length > 0) throw new CommandError(USAGE);
  if (command === 'list' && who === undefined) return list(roles);
  if (who === undefined) throw new CommandError(USAGE);
  if (command === 'grant') {
    const granted = instanceRole.safeParse(role);
    if (!granted.success) throw new CommandError(USAGE);
    await roles.grant('command', await userNamed(db, who), granted.data);
    return [`${who} is now ${granted.data} of the instance.`];
  }
  if (command === 'revoke' && role === undefined) {
    const userId = await userNamed(db, who);
    await roles.revoke('command', userId).catch((error: unknown) => {
      if (!(error instanceof ChasquiError) || error.status === 503) throw error;
      throw new CommandError(error.status === 404 ? `${who} has no instance role.` : error.message);
    });
    return [`${who} no longer has an instance role.`];
  }
  throw new CommandError(USAGE);
}

async function list(roles: Roles): Promise<string[]> {
  const granted = await roles.list();
  if (granted.length === 0) return ['No user has an instance role.'];
  return table(
    ['user', 'role', 'granted', 'id'],
    granted.map(({ user, role, granted_at }) => [
      ...[user.username, role, toSeconds(granted_at), user.id],
    ]),
  );
}
