// npm run soak -- --minutes 30: random sessions of users and failures, one after the other, against real processes.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { root } from '../running/run.mjs';

await ensureBuilt();
createRequire(import.meta.url)(path.join(root, 'packages/e2e/dist/story/soak.js'));
