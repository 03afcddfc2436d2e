import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';

/** One release of Node for each supported major version. */
export const nodeVersions = JSON.parse(
  readFileSync(path.join(root, 'scripts/dependencies/nodeVersions.json'), 'utf8'),
);

const cache = path.join(root, 'node_modules/.cache/chasqui');

/**
 * The path of this version's executable. It is downloaded once, from the npm registry: npm compares the archive with
 * the registry's checksum, and no install script runs. Throws an error of one line when it cannot be had.
 */
export function nodeBinary(version) {
  const name = packageName();
  const folder = path.join(cache, `node-${version}`);
  const binary = path.join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;

  const draft = `${folder}-${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    writeFileSync(path.join(draft, 'package.json'), '{ "private": true }\n');
    install(`${name}@${version}`, draft);
    moveInto(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() !== `v${version}`) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`Node ${version} from the npm registry does not run on this machine.`);
  }
  return binary;
}

/** The npm package `node` chooses one of these by an install script. */
function packageName() {
  const { platform, arch } = process;
  return `${platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${arch}`;
}

function install(spec, folder) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  const patience = ['--fetch-retries=1', '--fetch-timeout=120000'];
  const { status, stderr, error } = spawnSync(
    'npm',
    ['install', ...quiet, ...patience, '--prefix', folder, spec],
    { encoding: 'utf8', cwd: folder },
  );
  if (status === 0) return;
  const reason = /npm error code (\S+)/.exec(stderr ?? '')?.[1] ?? error?.message ?? 'npm failed';
  throw new Error(`${spec} could not be downloaded from the npm registry (${reason}).`);
}

/** Another process may have downloaded the same version meanwhile; then its copy is used. */
function moveInto(draft, folder) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}
