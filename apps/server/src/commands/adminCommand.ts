import { CommandError, type Database, table, userNamed } from '@chasqui/db';
import type { Accounts, UserAdministration, TemporaryPassword } from '@chasqui/identity';
import { email, username } from '@chasqui/protocol';
import { parseCommandLine, toSeconds } from './commandLine';

const USAGE =
  'Usage: npm run admin -- list [search] | create <user name> <e-mail> | suspend <user> | unsuspend <user> | temporary-password <user>';
const LISTED_MAX = 500;

/**
 * Administers accounts from the command line. Throws CommandError with a message for the operator.
 */
export async function adminCommand(
  db: Database,
  { accounts, people }: { accounts: Accounts; people: UserAdministration },
  args: readonly string[],
): Promise<string[]> {
  const [command, who, address, ...more] = parseCommandLine(args, USAGE).words;
  if (more.length > 0 || (address !== undefined && command !== 'create')) {
    throw new CommandError(USAGE);
  }
  if (command === 'list') return list(people, who);
  if (who === undefined) throw new CommandError(USAGE);
  switch (command) {
    case 'create':
      return [
        `${who} can sign in.`,
        ...passwordLines(await accounts.create(newAccount(who, address))),
      ];
    case 'suspend':
      await accounts.suspend('command', await userNamed(db, who));
      return [`${who} is suspended: connections close within 5 s and new logins are refused.`];
    case 'unsuspend':
      await accounts.unsuspend('command', await userNamed(db, who));
      return [`${who} can sign in.`];
    case 'temporary-password':
      return passwordLines(
        await accounts.setTemporaryPassword('command', await userNamed(db, who)),
      );
    default:
      throw new CommandError(USAGE);
  }
}

function newAccount(name: string, address: string | undefined) {
  const parsedName = username.safeParse(name);
  if (!parsedName.success || address === undefined) throw new CommandError(USAGE);
  const parsedAddress = email.safeParse(address);
  if (!parsedAddress.success) throw new CommandError(USAGE);
  return { username: parsedName.data, email: parsedAddress.data };
}

function passwordLines({ temporary_password, expires_at }: TemporaryPassword): string[] {
  return [
    `Temporary password: ${temporary_password}`,
    `It is shown only once, must be changed at the first login, and expires ${toSeconds(expires_at)}.`,
  ];
}

async function list(people: UserAdministration, query: string | undefined): Promise<string[]> {
  const rows: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await people.list({ query, limit: 100, cursor });
    for (const user of page.users) {
      const seen = user.last_seen_at === null ? '-' : toSeconds(user.last_seen_at);
      const state = user.suspended_at === null ? '-' : 'suspended';
      rows.push([user.username, user.role ?? '-', state, `${user.session_count}`, seen, user.id]);
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && rows.length < LISTED_MAX);
  if (rows.length === 0) return ['No users.'];
  const lines = table(['user', 'role', 'state', 'sessions', 'last seen', 'id'], rows);
  return cursor === undefined
    ? lines
    : [...lines, `More than ${rows.length} users: narrow the list with a search.`];
}
