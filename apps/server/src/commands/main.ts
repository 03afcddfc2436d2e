import '@chasqui/settings/nodeVersion';
// What `npm run roles`, `npm run sessions`, `npm run admin` and `npm run invitations` run, at DATABASE_URL.
import { CommandError, runOperatorCommand } from '@chasqui/db';
import { systemClock } from '@chasqui/foundation';
import {
  createAccounts,
  createInvitations,
  createPasswords,
  createPeople,
  createRoles,
  createSecurityLog,
} from '@chasqui/identity';
import { createLog } from '../observability/log';
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
