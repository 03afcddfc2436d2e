// npm run demo: shows in a terminal what happens to messages when parts are killed.
import path from 'node:path';
import { compile, isCurrent } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root, run } from './run.mjs';

await ensureInstalled();
if (!isCurrent() && !(await step('Building', () => compile()))) {
  fail('The build failed; the lines above say where.');
}
const entry = path.join(root, 'packages/testing/dist/demo/main.js');
process.exit(await run(process.execPath, [entry, ...process.argv.slice(2)]));
