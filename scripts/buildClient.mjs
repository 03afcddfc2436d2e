// yarn workspace @pern/client build: the web client alone.
import { bundleClient } from './bundleClient.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
if (!(await step('Bundling the web client', bundleClient))) {
  fail('The web client could not be built; the lines above say why.');
}
