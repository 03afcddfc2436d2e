// yarn workspace @pern/client build: bundles only the web client.
import { bundleClient } from './building/bundleClient.mjs';
import { fail, step } from './running/console.mjs';
import { ensureInstalled } from './dependencies/install.mjs';

await ensureInstalled();
if (!(await step('Bundling the web client', bundleClient))) {
  fail('The web client could not be built: see the output above.');
}
