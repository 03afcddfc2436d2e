// npm run dead-letters -- list | retry <user> | retry --all | purge <user>
// At DATABASE_URL, or else in the instance that runs on DATA_DIR.
import { createRequire } from 'node:module';
import path from 'node:path';
import { compile } from './compile.mjs';
import { fail } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root, run } from './run.mjs';

await ensureInstalled();
for (const project of ['packages/services', 'apps/worker']) {
  if (!(await compile(project))) fail('The build failed; the lines above say where.');
}
const built = (file) => path.join(root, file);
const env = { ...process.env, DATABASE_URL: process.env.DATABASE_URL || embedded() };
const entry = built('apps/worker/dist/deadLetters/main.js');
process.exit(await run(process.execPath, [entry, ...process.argv.slice(2)], { env }));

function embedded() {
  const require = createRequire(import.meta.url);
  const { parseSettings } = require(built('packages/services/dist/settings.js'));
  const { runningInstance } = require(built('packages/services/dist/instanceFile.js'));
  const { dataDir } = parseSettings({ DATA_DIR: process.env.DATA_DIR }, root);
  const url = runningInstance(dataDir)?.database_url;
  if (!url) fail(`No instance runs on ${dataDir}: npm start, or set DATABASE_URL or DATA_DIR.`);
  return url;
}
