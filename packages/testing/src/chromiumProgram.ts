import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { attempt, has } from '@pern/services/debianPackage';

const names = [
  'chromium',
  'chromium-headless-shell',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/**
 * A Chromium that runs here: `CHROMIUM`, or from the PATH, or, where this is Debian or a relative and we are root,
 * installed. It is too large to be unpacked into a folder as Redis and nginx are. Throws with what to install.
 */
export function chromiumProgram(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && has('apt-get')) {
    const install = [
      'install',
      '-y',
      '--no-install-recommends',
      'chromium',
      'fonts-noto-color-emoji',
    ];
    if (!attempt('apt-get', install)) {
      attempt('apt-get', ['update']);
      attempt('apt-get', install);
    }
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'There is no Chromium on this machine: install chromium, or name one in CHROMIUM.',
  );
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((each) => path.isAbsolute(each));
  const known = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  const given = process.env.CHROMIUM;
  const candidates = given === undefined || given === '' ? [...known, ...elsewhere] : [given];
  return candidates.find((file) => existsSync(file) && runs(file));
}

const runs = (file: string): boolean => spawnSync(file, ['--version']).status === 0;
