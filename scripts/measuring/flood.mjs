// npm run flood -- --minutes 10: floods two servers far beyond their limits while other users chat.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { root } from '../running/run.mjs';

await ensureBuilt();
createRequire(import.meta.url)(path.join(root, 'packages/e2e/dist/flood/main.js'));
