import { createRequire } from 'node:module';
import path from 'node:path';
import { compile } from './compile.mjs';
import { fail } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root, run } from './run.mjs';

/**
 * Builds `app` if need be and runs one of its entry points with these arguments, at DATABASE_URL or else in the
 * instance that runs on DATA_DIR. Ends the process with its exit code.
 */
export async function runOperatorCommand(app, entry, args) {
  await ensureInstalled();
  for (const project of ['packages/services', app]) {
    if (!(await compile(project))) fail('The build failed; the lines above say where.');
  }
  const env = { ...process.env, DATABASE_URL: process.env.DATABASE_URL || embedded() };
  process.exit(await run(process.execPath, [path.join(root, app, entry), ...args], { env }));
}

function embedded() {
  const require = createRequire(import.meta.url);
  const built = (file) => path.join(root, 'packages/services/dist', file);
  const { parseSettings } = require(built('settings.js'));
  const { runningInstance } = require(built('instanceFile.js'));
  const { dataDir } = parseSettings({ DATA_DIR: process.env.DATA_DIR }, root);
  const url = runningInstance(dataDir)?.database_url;
  if (!url) fail(`No instance runs on ${dataDir}: npm start, or set DATABASE_URL or DATA_DIR.`);
  return url;
}
