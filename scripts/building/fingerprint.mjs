import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';

/** Created by the build or by tests, or not part of the build. */
const skipped = new Set(['dist', 'node_modules', 'screenshots']);

/** A hash of the sources of these workspaces by name, time and size, without reading them. */
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
