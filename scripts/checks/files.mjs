import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';

const SKIPPED = ['node_modules', 'dist', 'coverage', 'screenshots'];

/** Every file below a folder of this repository, relative to its root. Hidden files and what builds generate are left out. */
export function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const hidden = entry.name.startsWith('.') && entry.name !== '.github';
    if (hidden || SKIPPED.includes(entry.name)) return [];
    const name = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(name) : [name];
  });
}
