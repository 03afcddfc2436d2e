import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

/** The root folder of the repository. */
export const root = path.resolve(__dirname, '../../../..');

const manifest = z.looseObject({
  name: z.string(),
  version: z.string().default('0.0.0'),
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

export type Manifest = z.output<typeof manifest>;

/** All installed packages, including nested copies; workspaces, which are links, are excluded. */
export function installedPackages(folder = path.join(root, 'node_modules')): Manifest[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    const inside = path.join(folder, entry.name);
    if (entry.name.startsWith('@')) return installedPackages(inside);
    const file = path.join(inside, 'package.json');
    const own = existsSync(file) ? [readManifest(file)] : [];
    return [...own, ...installedPackages(path.join(inside, 'node_modules'))];
  });
}

/** The manifests of the root and of every workspace. */
export function workspaces(): Manifest[] {
  const folders = ['apps', 'packages'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => path.join(root, group, name)),
  );
  return [root, ...folders]
    .map((folder) => path.join(folder, 'package.json'))
    .filter((file) => existsSync(file))
    .map(readManifest);
}

const readManifest = (file: string): Manifest =>
  manifest.parse({
    name: file,
    ...z.looseObject({}).parse(JSON.parse(readFileSync(file, 'utf8'))),
  });
