// npm run test:faults: every fault against real processes, one file after the other, also those that
// take too long for npm test, and a hundred thousand requests that nobody should make. `npm run test:faults -- 14 27` runs those two.
import { compile } from './compile.mjs';
import { fail } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { runBin } from './run.mjs';

await ensureInstalled();
if (!(await compile())) fail('The build failed; the lines above say where.');
const chosen = process.argv.slice(2);
process.exit(
  await runBin('jest/bin/jest.js', [
    '--runInBand',
    '--verbose',
    // Instead of what jest.config.ts leaves out, which is the long ones.
    '--testPathIgnorePatterns=/node_modules/',
    '--testPathPatterns=packages/e2e/src/(faults|story|fuzz)/',
    ...(chosen.length > 0 ? [`--testNamePattern=fault (${chosen.join('|')})\\b`] : []),
  ]),
);
