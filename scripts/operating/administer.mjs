// npm run roles -- …, npm run sessions -- …, npm run admin -- …, npm run invitations -- …: each prints its usage when it gets no arguments.
import { runOperatorCommand } from './operatorCommand.mjs';

await runOperatorCommand('apps/server', 'dist/commands/main.js', process.argv.slice(2));
