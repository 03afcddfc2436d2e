import { CommandError, table } from '@chasqui/db';
import type { Invitations } from '@chasqui/identity';
import { ChasquiError, INVITATION_DAYS_MAX, INVITATION_USES_MAX, isUuid } from '@chasqui/protocol';
import { numberOption, parseCommandLine, toSeconds } from './commandLine';

const USAGE =
  'Usage: npm run invitations -- list | create [--uses 1] [--days 7] | revoke <id of an invitation>';
const LISTED = 100;
const DAY_S = 86_400;

/**
 * Manages instance invitations from the command line. Throws CommandError with a message for the
 * operator.
 */
export async function invitationsCommand(
  invitations: Invitations,
  args: readonly string[],
): Promise<string[]> {
  const line = parseCommandLine(args, USAGE, ['--uses', '--days']);
  const [command, id, ...more] = line.words;
  if (more.length > 0) throw new CommandError(USAGE);
  if (command === 'create' && id === undefined) {
    const maxUses = numberOption(line, '--uses', { byDefault: 1, max: INVITATION_USES_MAX });
    const days = numberOption(line, '--days', { byDefault: 7, max: INVITATION_DAYS_MAX });
    const { invitation, code } = await invitations.create('command', {
      ...{ maxUses, expiresInS: days * DAY_S },
    });
    return [
      `Code: ${code}`,
      `Link: the address of the web client with /?invitation=${code}`,
      `It is shown only once and allows ${maxUses} registrations until ${toSeconds(invitation.expires_at)} (${invitation.id}).`,
    ];
  }
  if (line.options.size > 0) throw new CommandError(USAGE);
  if (command === 'list' && id === undefined) return list(invitations);
  if (command !== 'revoke' || id === undefined || !isUuid(id)) throw new CommandError(USAGE);
  await invitations.revoke('command', id).catch((error: unknown) => {
    if (!(error instanceof ChasquiError) || error.status !== 404) throw error;
    throw new CommandError(`There is no invitation ${id}.`);
  });
  return [`Invitation ${id} is revoked.`];
}

async function list(invitations: Invitations): Promise<string[]> {
  const page = await invitations.list({ limit: LISTED });
  if (page.invitations.length === 0) return ['No invitations.'];
  const rows = page.invitations.map(({ id, uses, max_uses, expires_at, revoked_at }) => [
    ...[id, `${uses} of ${max_uses}`, toSeconds(expires_at), revoked_at === null ? '-' : 'revoked'],
  ]);
  const lines = table(['id', 'used', 'expires', 'state'], rows);
  return page.next_cursor === null ? lines : [...lines, `Showing the latest ${LISTED}.`];
}
