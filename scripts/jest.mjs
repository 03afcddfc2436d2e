// Runs Jest alone: `npm run jest -- packages/db` or `yarn workspace @pern/server test`.
import { compile } from './compile.mjs';
import { fail } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { runBin } from './run.mjs';

await ensureInstalled();
// Tests run on sources; only the servers below them are started by compiled code.
if (!(await compile('packages/services'))) fail('packages/services does not compile.');
process.exit(await runBin('jest/bin/jest.js', process.argv.slice(2)));
