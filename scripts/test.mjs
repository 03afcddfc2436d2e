// npm test: runs every check, the quickest first, and stops at the first failure.
// `node scripts/test.mjs lint types` runs only those two.
import { compile } from './building/compile.mjs';
import { checkSizes } from './checks/sizes.mjs';
import { checkWording } from './checks/wording.mjs';
import { fail, step } from './running/console.mjs';
import { ensureInstalled } from './dependencies/install.mjs';
import { runBin } from './running/run.mjs';

const checks = {
  format: ['Formatting', () => runBin('prettier/bin/prettier.cjs', ['--check', '.'])],
  wording: ['Wording', checkWording],
  sizes: ['Sizes', checkSizes],
  types: ['Types', checkTypes],
  lint: [
    'Lint',
    () =>
      runBin('eslint/bin/eslint.js', ['.', '--max-warnings', '0', ...cache('eslint')], {
        env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=4096' },
      }),
  ],
  directions: [
    'Dependency directions',
    () => runBin('dependency-cruiser/bin/dependency-cruise.mjs', ['apps', 'packages']),
  ],
  'dead-code': ['Dead code', () => runBin('knip/bin/knip.js', ['--no-progress'])],
  tests: ['Tests', runTests],
};

async function checkTypes() {
  if (!(await compile())) return 1;
  return runBin('typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
}

// The acceptance tests start the compiled programs.
async function runTests() {
  if (!(await compile())) return 1;
  return runBin('jest/bin/jest.js', []);
}

function cache(name) {
  return ['--cache', '--cache-location', `node_modules/.cache/chasqui/${name}`];
}

const chosen = process.argv.slice(2);
for (const name of chosen)
  if (!(name in checks))
    fail(`There is no check "${name}": choose from ${Object.keys(checks).join(', ')}.`);

const started = Date.now();
await ensureInstalled();
for (const [name, [title, check]] of Object.entries(checks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const code = await step(title, check);
  if (code !== 0) fail(`${title}: failed. (Alone: node scripts/test.mjs ${name})`);
}
console.log(`All checks passed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
