// Entry point of `npm run dead-letters`, against the database at DATABASE_URL.
import { runOperatorCommand } from '@chasqui/db';
import { runCommand } from './command';

void runOperatorCommand('chasqui-dead-letters', runCommand);
