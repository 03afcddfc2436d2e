// What `npm run roles`, `npm run sessions`, `npm run admin` and `npm run invitations` run, at DATABASE_URL.
import { CommandError, runOperatorCommand } from '@pern/db/operatorCommand';
import { systemClock } from '@pern/delivery/systemClock';
import { createRoles } from '../administration/roles';
import { createLog } from '../operation/log';
import { createSecurityLog } from '../operation/securityLog';
import { rolesCommand } from './rolesCommand';
import { sessionsCommand } from './sessionsCommand';

void runOperatorCommand('chasqui-command', async (db, [name, ...args]) => {
  // The results are for people, on standard output; the security log is for machines.
  const log = createLog('info', process.stderr);
  // No command writes addresses, so there is nothing to be keyed.
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: '' });
  const roles = createRoles({ db, securityLog });
  switch (name) {
    case 'roles':
      return rolesCommand(db, roles, args);
    case 'sessions':
      return sessionsCommand(db, securityLog, args);
    default:
      throw new CommandError('Usage: node main.js roles|sessions …');
  }
});
