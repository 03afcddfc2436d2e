import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';

/**
 * Packages for single platforms have no checksum in yarn.lock, because Yarn does not download those of other
 * platforms. platformPackages.json contains their checksums, recorded by recordPlatformPackages.mjs on each platform.
 */
export const recordFile = path.join(root, 'scripts/dependencies/platformPackages.json');

/** The installed packages without a checksum in the lock file, as `{ spec, folder }`. */
export function installedWithoutChecksum() {
  return withoutChecksum()
    .map(({ name, version }) => ({
      spec: `${name}@${version}`,
      folder: path.join(root, 'node_modules', name),
    }))
    .filter(({ folder }) => existsSync(folder));
}

/** Every entry of the lock file without a checksum, with its platforms. */
export function withoutChecksum() {
  return readFileSync(path.join(root, 'yarn.lock'), 'utf8')
    .split('\n\n')
    .filter((entry) => !entry.includes('\n  checksum: '))
    .flatMap((entry) => {
      const [, name, version] = /\n {2}resolution: "(.+)@npm:([^"]+)"/.exec(entry) ?? [];
      const [, conditions] = /\n {2}conditions: (.+)/.exec(entry) ?? [];
      return name === undefined ? [] : [{ name, version, conditions }];
    });
}

/** The recorded checksums: of the archive, as in the registry, and of its files. */
export function recorded() {
  return existsSync(recordFile) ? JSON.parse(readFileSync(recordFile, 'utf8')) : {};
}

/** The specs of installed packages whose files differ from the recorded checksum. */
export function changedPackages() {
  const records = recorded();
  return installedWithoutChecksum()
    .filter(({ spec }) => records[spec] !== undefined)
    .filter(({ spec, folder }) => digestOf(folder) !== records[spec].files)
    .map(({ spec }) => spec);
}

/** A checksum of the names and contents of all files in a folder. Ignores links, which install scripts create. */
export function digestOf(folder) {
  const all = createHash('sha512');
  for (const file of filesIn(folder)) {
    const content = createHash('sha512').update(readFileSync(path.join(folder, file)));
    all.update(`${file}\0${content.digest('hex')}\n`);
  }
  return `sha512-${all.digest('base64')}`;
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => lstatSync(path.join(folder, file)).isFile())
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}
