// npm run dead-letters -- list | retry <user> | retry --all | purge <user>
import { runOperatorCommand } from './operatorCommand.mjs';

await runOperatorCommand('apps/worker', 'dist/deadLetters/main.js', process.argv.slice(2));
