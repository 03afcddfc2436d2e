// Runs Jest alone: `npm run jest -- packages/db` or `yarn workspace @pern/server test`.
import { compile } from './compile.mjs';
import { fail } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { runBin } from './run.mjs';

await ensureInstalled();
// Tests run on sources; the programs that some of them start are compiled ones, as in production.
if (!(await compile())) fail('The build failed; the lines above say where.');
process.exit(await runBin('jest/bin/jest.js', process.argv.slice(2)));
