// What `npm run dead-letters` runs: dead deliveries on the command line, at DATABASE_URL.
import { runOperatorCommand } from '@pern/db/operatorCommand';
import { runCommand } from './command';

void runOperatorCommand('chasqui-dead-letters', runCommand);
