import { existsSync, readFileSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fail, step } from '../running/console.mjs';
import { changedPackages } from './platformPackages.mjs';
import { root, runAlone, writeWhole } from '../running/run.mjs';

const state = path.join(root, 'node_modules/.yarn-state.yml');
/** Exists during an installation, and after one that was interrupted or has wrong checksums. */
const unfinished = path.join(root, '.yarn/unfinished');
const { packageManager, engines } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);
const yarnVersion = packageManager.replace('yarn@', '');
const oldestNode = Number(engines.node.replace('>=', ''));

/** Installs the dependencies of the lock file. Does nothing when they are already installed. */
export async function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    fail(`Chasqui needs Node ${oldestNode} or later; this is ${process.version}.`);
  }
  if (root.includes('?')) {
    fail(`The web client cannot be built in ${root}: move the folder to a path without "?".`);
  }
  if (isUpToDate()) return;
  await step('Installing the dependencies', async () => {
    const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
    const args = ['--yes', `@yarnpkg/cli-dist@${yarnVersion}`, 'install', '--immutable'];
    writeWhole(unfinished, '');
    const code = await runAlone(npx, args, { env: { ...process.env, NODE_ENV: '' } });
    if (code !== 0) fail('The dependencies could not be installed: see the output above.');
    const changed = changedPackages();
    if (changed.length > 0) {
      // Makes the next start install and check again.
      rmSync(state, { force: true });
      fail(
        `These installed packages differ from the recorded checksums: ${changed.join(', ')}. Run npm start again; if this persists, do not use them.`,
      );
    }
    // Yarn does not touch the file when nothing had to be installed; without this, every start would run it again.
    utimesSync(state, new Date(), new Date());
    rmSync(unfinished, { force: true });
  });
}

function isUpToDate() {
  if (!existsSync(state) || existsSync(unfinished)) return false;
  const installed = statSync(state).mtimeMs;
  return manifests().every((file) => statSync(file).mtimeMs <= installed);
}

function manifests() {
  const files = ['yarn.lock', 'package.json', '.yarnrc.yml'].map((file) => path.join(root, file));
  for (const folder of ['apps', 'packages']) {
    for (const name of readdirSync(path.join(root, folder))) {
      files.push(path.join(root, folder, name, 'package.json'));
    }
  }
  return files.filter((file) => existsSync(file));
}
