import { createRequire } from 'node:module';
import path from 'node:path';
import { compile } from '../building/compile.mjs';
import { ensureInstalled } from '../dependencies/install.mjs';
import { fail } from '../running/console.mjs';
import { root, run } from '../running/run.mjs';

/**
 * Builds `app` if necessary and runs one of its entry points with these arguments, against DATABASE_URL or else the
 * instance that runs on DATA_DIR. Ends the process with its exit code. Prints nothing itself, so that the output can be
 * piped.
 */
export async function runOperatorCommand(app, entry, args) {
  await ensureInstalled();
  for (const project of ['packages/services', app]) {
    if (!(await compile(project))) fail('The build failed: see the output above.');
  }
  const env = { ...process.env, DATABASE_URL: process.env.DATABASE_URL || embedded() };
  process.exit(await run(process.execPath, [path.join(root, app, entry), ...args], { env }));
}

function embedded() {
  const require = createRequire(import.meta.url);
  const { parseSettings, runningInstance } = require(
    path.join(root, 'packages/services/dist/index.js'),
  );
  const { dataDir } = parseSettings({ DATA_DIR: process.env.DATA_DIR }, root);
  const url = runningInstance(dataDir)?.database_url;
  if (!url)
    fail(`No instance is running on ${dataDir}: run npm start, or set DATABASE_URL or DATA_DIR.`);
  return url;
}
