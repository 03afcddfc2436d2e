// npm run test:faults: injects every fault into real processes, one file after the other, including the faults that
// take too long for npm test, and sends 100,000 invalid requests. `npm run test:faults -- 14 27` runs those two.
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { runBin } from '../running/run.mjs';

await ensureBuilt();
const chosen = process.argv.slice(2);
process.exit(
  await runBin('jest/bin/jest.js', [
    '--runInBand',
    '--verbose',
    // Overrides the pattern of jest.config.ts, which skips the long tests.
    '--testPathIgnorePatterns=/node_modules/',
    '--testPathPatterns=packages/e2e/src/(faults|story|fuzz)/',
    ...(chosen.length > 0 ? [`--testNamePattern=fault (${chosen.join('|')})\\b`] : []),
  ]),
);
