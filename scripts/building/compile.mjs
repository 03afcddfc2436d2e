import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bundleClient } from './bundleClient.mjs';
import { fingerprint } from './fingerprint.mjs';
import { root, runBinAlone, writeWhole } from '../running/run.mjs';

const stamp = path.join(root, 'node_modules/.cache/chasqui/built');

/**
 * Compiles every workspace into its dist/ folder and bundles the web client, or compiles only `project`
 * and its dependencies. Does nothing when no source has changed since the last complete build. Resolves with
 * whether it succeeded.
 */
export async function compile(project) {
  if (isCurrent()) return true;
  const before = fingerprint(workspaces());
  const projects = project ? [project] : workspaces();
  // Until the end, dist/ may be a mix of two builds.
  rmSync(stamp, { force: true });
  const code = await runBinAlone('typescript/bin/tsc', ['-b', ...projects]);
  if (code === 0 && !project) {
    if (!(await bundleClient())) return false;
    writeWhole(stamp, before);
  }
  return code === 0;
}

/** Whether the last complete build used exactly these sources. */
export function isCurrent() {
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint(workspaces()) &&
    workspaces().every((workspace) => existsSync(path.join(root, workspace, 'dist')))
  );
}

function workspaces() {
  return ['packages', 'apps'].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .map((name) => `${folder}/${name}`)
      .filter((workspace) => existsSync(path.join(root, workspace, 'tsconfig.json'))),
  );
}
