// npm run test:node: runs the quick acceptance tests on every supported version of Node.
// `npm run test:node -- 24` runs them on one; `-- --fetch` only downloads the versions and prints their paths.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { fail, step } from '../running/console.mjs';
import { nodeBinary, nodeVersions } from '../dependencies/nodeBinary.mjs';
import { root, run } from '../running/run.mjs';

/** REST, order, receipts, the queue of an offline recipient, the worker that wakes them, and the client library. */
const quickAcceptance = [
  'acceptance/rest/accounts',
  'acceptance/rest/conversations',
  'acceptance/rest/messages',
  'acceptance/delivery/order',
  'acceptance/delivery/receipts',
  'acceptance/delivery/offline',
  'acceptance/people/leaving',
  'sdk/examples',
].map((name) => `packages/e2e/src/${name}.test.ts`);

const majorOf = (version) => version.split('.')[0];
const chosen = process.argv.slice(2).filter((argument) => argument !== '--fetch');
for (const major of chosen) {
  if (!nodeVersions.map(majorOf).includes(major)) fail(`Node ${major} is not a supported version.`);
}
const versions = nodeVersions.filter((one) => chosen.length === 0 || chosen.includes(majorOf(one)));

const binaries = new Map(versions.map((version) => [version, fetched(version)]));
if (process.argv.includes('--fetch')) {
  console.log(JSON.stringify(Object.fromEntries(binaries)));
  process.exit(0);
}

for (const file of quickAcceptance) {
  if (!existsSync(path.join(root, file))) fail(`There is no ${file}.`);
}
await ensureBuilt();
for (const [version, binary] of binaries) {
  const jest = ['node_modules/jest/bin/jest.js', '--runTestsByPath', ...quickAcceptance];
  const code = await step(`Node ${version}`, () => run(binary, jest));
  if (code !== 0) {
    fail(`Node ${version}: failed. (Alone: npm run test:node -- ${majorOf(version)})`);
  }
}

function fetched(version) {
  try {
    return nodeBinary(version);
  } catch (error) {
    return fail(error.message);
  }
}
