// npm run soak -- --minutes 30: stories of people and mishaps, one after the other, against real processes.
import { createRequire } from 'node:module';
import path from 'node:path';
import { compile } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './run.mjs';

await ensureInstalled();
if (!(await step('Building', () => compile())))
  fail('The build failed; the lines above say where.');
createRequire(import.meta.url)(path.join(root, 'packages/e2e/dist/story/soak.js'));
