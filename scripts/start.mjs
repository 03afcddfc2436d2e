// npm start: brings a fresh clone to a running instance. npm run dev adds --watch.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureBuilt } from './building/ensureBuilt.mjs';
import { root } from './running/run.mjs';

await ensureBuilt();
const { start } = createRequire(import.meta.url)(
  path.join(root, 'packages/services/dist/start.js'),
);
console.log('Starting');
await start({ root, watch: process.argv.includes('--watch') });
