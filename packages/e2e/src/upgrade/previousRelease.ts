import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod';
import { thisRelease } from '@chasqui/testkit';

const run = promisify(execFile);
const manifest = z.object({ packageManager: z.string() });

/** The commit of the previous release. Update with each release. */
const PREVIOUS = '04c43a5781edab55917180884edb0a60eabb6e79';

/**
 * The folder of the compiled previous release, below node_modules/.cache; built once. Its sources come from the history
 * of this repository, its dependencies from its own lock file. Throws a one-line error without the history.
 */
export async function previousRelease(): Promise<string> {
  const folder = path.join(
    thisRelease,
    'node_modules/.cache/chasqui',
    `release-${PREVIOUS.slice(0, 12)}`,
  );
  if (existsSync(folder)) return folder;
  const draft = `${folder}-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await unpack(draft);
    await install(draft);
    for (const kind of ['packages', 'apps']) {
      for (const name of readdirSync(path.join(draft, kind))) {
        if (name !== 'client') await transpile(path.join(draft, kind, name));
      }
    }
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

async function unpack(folder: string): Promise<void> {
  const archive = path.join(folder, 'release.tar');
  await run('git', ['archive', '--output', archive, PREVIOUS], { cwd: thisRelease }).catch(() => {
    throw new Error(`The previous release (${PREVIOUS}) is not in the history: fetch all of it.`);
  });
  await run('tar', ['-xf', archive], { cwd: folder });
  rmSync(archive);
}

/** Installs what its server and worker need to run. */
async function install(folder: string): Promise<void> {
  const { packageManager } = manifest.parse(
    JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')),
  );
  const yarn = packageManager.replace('yarn@', '@yarnpkg/cli-dist@');
  const focus = ['workspaces', 'focus', '--production', '@pern/server', '@pern/worker'];
  await run('npx', ['--yes', yarn, ...focus], {
    ...{ cwd: folder, env: { ...process.env, NODE_ENV: '' }, maxBuffer: 16 * 1024 * 1024 },
  });
}

/** Without type checks: the release passed them. */
async function transpile(workspace: string): Promise<void> {
  const sources = path.join(workspace, 'src');
  const entryPoints = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.d|\.test)\.ts$/.test(name))
    .map((name) => path.join(sources, name));
  await build({
    ...{ entryPoints, outdir: path.join(workspace, 'dist'), outbase: sources },
    ...{ format: 'cjs', platform: 'node', target: 'node20', logLevel: 'error' },
  });
}

/** Migrates a database to the schema of the release in this folder; this repository by default. */
export async function migrateBy(databaseUrl: string, release = thisRelease): Promise<void> {
  await run(process.execPath, [path.join(release, 'packages/db/dist/migrate.js')], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
  });
}
