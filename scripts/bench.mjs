// npm run bench -- relay: how fast it is, beside others on the same machine; without a name every row.
import { compile } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { run } from './run.mjs';

await ensureInstalled();
if (!(await step('Building', () => compile())))
  fail('The build failed; the lines above say where.');
process.exit(
  await run(process.execPath, ['packages/bench/dist/main.js', ...process.argv.slice(2)]),
);
