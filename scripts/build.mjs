// npm run build: compiles every workspace.
import { compile } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
const compiled = await step('Building', () => compile());
if (!compiled) fail('The build failed; the lines above say where.');
