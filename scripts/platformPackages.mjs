import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

/**
 * Packages that exist for some platforms alone have no checksum in yarn.lock: Yarn does not download those of other
 * platforms. platformPackages.json has checksums of our own, recorded by recordPlatformPackages.mjs on each platform.
 */
export const recordFile = path.join(root, 'scripts/platformPackages.json');

/** The packages without a checksum in the lock file that are installed here, as `{ spec, folder }`. */
export function installedWithoutChecksum() {
  return withoutChecksum()
    .map(({ name, version }) => ({
      spec: `${name}@${version}`,
      folder: path.join(root, 'node_modules', name),
    }))
    .filter(({ folder }) => existsSync(folder));
}

/** Every entry of the lock file that names no checksum, with the platforms that it is for. */
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

/** The recorded checksums: of the archive, as the registry names it, and of the files in it. */
export function recorded() {
  return existsSync(recordFile) ? JSON.parse(readFileSync(recordFile, 'utf8')) : {};
}

/** The specs of installed packages whose files are not the recorded ones. Empty when all is well. */
export function changedPackages() {
  const records = recorded();
  return installedWithoutChecksum()
    .filter(({ spec }) => records[spec] !== undefined)
    .filter(({ spec, folder }) => digestOf(folder) !== records[spec].files)
    .map(({ spec }) => spec);
}

/** One checksum of the names and contents of all files in a folder. Links, which install scripts make, do not count. */
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
