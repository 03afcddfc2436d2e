// npm run pack: the archives of the published packages, as the tests install them, into dist/ or the folder that is named.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { fail } from '../running/console.mjs';
import { root, run } from '../running/run.mjs';

const published = ['@chasqui/protocol', '@chasqui/sdk'];

const [folder = path.join(root, 'dist')] = process.argv.slice(2);
await ensureBuilt();
mkdirSync(folder, { recursive: true });
const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const yarn = packageManager.replace('yarn@', '@yarnpkg/cli-dist@');
for (const name of published) {
  // npm pack would leave workspace:^ in the dependencies.
  const archive = `${name.replace('@', '').replace('/', '-')}-%v.tgz`;
  const output = path.join(path.resolve(folder), archive);
  const code = await run('npx', ['--yes', yarn, 'workspace', name, 'pack', '--out', output]);
  if (code !== 0) fail(`${name} could not be packed; the lines above say why.`);
}
