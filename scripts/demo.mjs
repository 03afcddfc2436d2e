// npm run demo: shows in a terminal what happens to messages when parts are killed.
import { createRequire } from 'node:module';
import path from 'node:path';
import { compile, isCurrent } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './run.mjs';

await ensureInstalled();
if (!isCurrent() && !(await step('Building', () => compile()))) {
  fail('The build failed; the lines above say where.');
}
createRequire(import.meta.url)(path.join(root, 'packages/demo/dist/main.js'));
