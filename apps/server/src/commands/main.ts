import '@chasqui/settings/nodeVersion';
// Entry point of `npm run roles`, `sessions`, `admin` and `invitations`; works on DATABASE_URL.
import { CommandError, runOperatorCommand } from '@chasqui/db';
import { systemClock } from '@chasqui/foundation';
import {
  createAccounts,
  createInvitations,
  createPasswords,
  createUserAdministration,
  createRoles,
  createSecurityLog,
} from '@chasqui/identity';
import { createLog } from '../observability/log';
import { adminCommand } from './adminCommand';
import { invitationsCommand } from './invitationsCommand';
import { rolesCommand } from './rolesCommand';
import { sessionsCommand } from './sessionsCommand';

void runOperatorCommand('chasqui-command', async (db, [name, ...args]) => {
  // Results go to stdout for humans; the security log is for machines.
  const log = createLog('info', process.stderr);
  // Commands record no addresses, so no key is needed.
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: '' });
  const passwords = createPasswords(() => performance.now());
  const accounts = createAccounts({
    ...{ db, securityLog },
    hash: (password) => passwords.hash(password, { address: '', userId: null }),
    // Commands have no bus: nodes poll PostgreSQL for live sessions, and the sweep finds users to
    // wake.
    announceEnded: () => undefined,
    wake: () => undefined,
  });
  switch (name) {
    case 'roles':
      return rolesCommand(db, createRoles({ db, securityLog }), args);
    case 'sessions':
      return sessionsCommand(db, securityLog, args);
    case 'admin':
      return adminCommand(db, { accounts, people: createUserAdministration(db) }, args);
    case 'invitations':
      return invitationsCommand(createInvitations({ db, securityLog }), args);
    default:
      throw new CommandError(
        'Usage: node apps/server/dist/commands/main.js roles|sessions|admin|invitations …',
      );
  }
});
