import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fetchDebianPackage, has, unpackedEnvironment } from '@chasqui/services';

/** A Chromium that runs on this machine. */
export interface ChromiumProgram {
  readonly command: string;
  /** Environment variables it needs in addition to ours. */
  readonly env: Record<string, string>;
}

const root = path.resolve(__dirname, '../../../..');
const HEADLESS = 'chromium-headless-shell';
const names = ['chromium', HEADLESS, 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * The Chromium that `CHROMIUM` names, or one from the PATH. Otherwise downloads and unpacks Debian's headless build,
 * without root and without changing the system. Throws an error that says what to install.
 */
export function chromiumProgram(): ChromiumProgram {
  const cache = path.join(root, 'node_modules/.cache/chasqui', `chromium-${process.arch}`);
  const found = onTheMachine() ?? unpackedIn(cache);
  if (found !== undefined) return found;
  if (has('apt-get') && has('dpkg')) fetchInto(cache);
  const fetched = unpackedIn(cache);
  if (fetched !== undefined) return fetched;
  throw new Error(
    'No Chromium found and none could be downloaded: install one, or name it in CHROMIUM.',
  );
}

/**
 * Several test files may download at once: the first copy is kept for all, and a working copy is never replaced.
 * One that does not run, because a library was missing at download, is replaced.
 */
function fetchInto(cache: string): void {
  const mine = `${cache}-${process.pid}`;
  fetchDebianPackage(mine, HEADLESS, [HEADLESS]);
  if (existsSync(mine) && unpackedIn(cache) === undefined) {
    rmSync(cache, { recursive: true, force: true });
    renameSync(mine, cache);
  }
  rmSync(mine, { recursive: true, force: true });
}

function onTheMachine(): ChromiumProgram | undefined {
  const { CHROMIUM: given = '', PATH = '' } = process.env;
  const folders = PATH.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const usual = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  return (given === '' ? [...usual, MAC] : [given])
    .map((command) => ({ command, env: {} }))
    .find((program) => existsSync(program.command) && runs(program));
}

function unpackedIn(cache: string): ChromiumProgram | undefined {
  const command = path.join(cache, 'usr/lib/chromium', HEADLESS);
  if (!existsSync(command)) return undefined;
  const program = { command, env: unpackedEnvironment(cache) };
  return runs(program) ? program : undefined;
}

function runs({ command, env }: ChromiumProgram): boolean {
  return spawnSync(command, ['--version'], { env: { ...process.env, ...env } }).status === 0;
}
