// Runs Jest alone: `npm run jest -- packages/db` or `yarn workspace @pern/server test`.
import { ensureBuilt } from './building/ensureBuilt.mjs';
import { runBin } from './running/run.mjs';

// Tests run from the sources, but some start compiled programs, as in production.
await ensureBuilt();
process.exit(await runBin('jest/bin/jest.js', process.argv.slice(2)));
