// npm start: everything from a fresh clone to a running instance. npm run dev adds --watch.
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
const { start } = createRequire(import.meta.url)(
  path.join(root, 'packages/services/dist/start.js'),
);
console.log('Starting');
await start({ root, watch: process.argv.includes('--watch') });
