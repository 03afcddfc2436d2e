// npm run roles -- …, npm run sessions -- …, npm run admin -- …, npm run invitations -- …: without arguments each says how it is used.
import { runOperatorCommand } from './operatorCommand.mjs';

await runOperatorCommand('apps/server', 'dist/commands/main.js', process.argv.slice(2));
