import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runBin } from './run.mjs';

const stamp = path.join(root, 'node_modules/.cache/chasqui/built');

/**
 * Compiles every workspace into its dist/ folder, or only `project` and what it needs. Does nothing
 * when no source has changed since the last complete build. Resolves to whether it compiled.
 */
export async function compile(project) {
  if (isCurrent()) return true;
  const before = fingerprint();
  const projects = project ? [project] : workspaces();
  const code = await runBin('typescript/bin/tsc', ['-b', ...projects]);
  if (code === 0 && !project) {
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, before);
  }
  return code === 0;
}

/** Whether the last complete build was of exactly these sources. */
export function isCurrent() {
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint() &&
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

function fingerprint() {
  const hash = createHash('sha256');
  const add = (file) => {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${path.relative(root, file)} ${mtimeMs} ${size}\n`);
  };
  add(path.join(root, 'tsconfig.base.json'));
  add(path.join(root, 'yarn.lock'));
  for (const workspace of workspaces()) {
    add(path.join(root, workspace, 'tsconfig.json'));
    add(path.join(root, workspace, 'package.json'));
    const source = path.join(root, workspace, 'src');
    const entries = existsSync(source)
      ? readdirSync(source, { recursive: true, withFileTypes: true })
      : [];
    for (const entry of entries) {
      // Dirent.parentPath is newer than Node 20.0, Dirent.path is gone in later ones.
      if (entry.isFile()) add(path.join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return hash.digest('hex');
}
