import '@pern/settings/nodeVersion';
// What `npm run roles`, `npm run sessions`, `npm run admin` and `npm run invitations` run, at DATABASE_URL.
import { CommandError, runOperatorCommand } from '@pern/db/operatorCommand';
import { systemClock } from '@pern/delivery/clock';
import { createAccounts } from '../administration/accounts';
import { createInvitations } from '../administration/invitations';
import { createPeople } from '../administration/people';
import { createRoles } from '../administration/roles';
import { createPasswords } from '../identity/passwords';
import { createLog } from '../operation/log';
import { createSecurityLog } from '../operation/securityLog';
import { adminCommand } from './adminCommand';
import { invitationsCommand } from './invitationsCommand';
import { rolesCommand } from './rolesCommand';
import { sessionsCommand } from './sessionsCommand';

void runOperatorCommand('chasqui-command', async (db, [name, ...args]) => {
  // The results are for people, on standard output; the security log is for machines.
  const log = createLog('info', process.stderr);
  // No command writes addresses, so there is nothing to be keyed.
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: '' });
  const passwords = createPasswords(() => performance.now());
  const accounts = createAccounts({
    ...{ db, securityLog },
    hash: (password) => passwords.hash(password, { address: '', userId: null }),
    // There is no bus here: nodes ask PostgreSQL which sessions live, and the sweep finds who is to be woken.
    announceEnded: () => undefined,
    wake: () => undefined,
  });
  switch (name) {
    case 'roles':
      return rolesCommand(db, createRoles({ db, securityLog }), args);
    case 'sessions':
      return sessionsCommand(db, securityLog, args);
    case 'admin':
      return adminCommand(db, { accounts, people: createPeople(db) }, args);
    case 'invitations':
      return invitationsCommand(createInvitations({ db, securityLog }), args);
    default:
      throw new CommandError(
        'Usage: node apps/server/dist/commands/main.js roles|sessions|admin|invitations …',
      );
  }
});
