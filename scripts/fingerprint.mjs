import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

/** Made by building, or not part of what is built. */
const skipped = new Set(['dist', 'node_modules']);

/** Says of the sources of these workspaces whether one has changed: by name, time and size, without reading them. */
export function fingerprint(workspaces) {
  const hash = createHash('sha256');
  const add = (file) => {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${path.relative(root, file)} ${mtimeMs} ${size}\n`);
  };
  const addAll = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isFile()) add(file);
      else if (entry.isDirectory() && !skipped.has(entry.name)) addAll(file);
    }
  };
  add(path.join(root, 'tsconfig.base.json'));
  add(path.join(root, 'yarn.lock'));
  for (const workspace of workspaces) addAll(path.join(root, workspace));
  return hash.digest('hex');
}
