// npm run build: compiles every workspace.
import { ensureBuilt } from './building/ensureBuilt.mjs';

await ensureBuilt();
