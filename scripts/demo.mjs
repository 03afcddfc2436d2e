// npm run demo: shows in a terminal that messages survive when processes are killed.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureBuilt } from './building/ensureBuilt.mjs';
import { root } from './running/run.mjs';

await ensureBuilt();
createRequire(import.meta.url)(path.join(root, 'packages/demo/dist/main.js'));
