import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { root, workspaces } from '../dependencies/installed';

// What the project says about itself in several places is the same everywhere.

const page = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const json = <T>(name: string, schema: z.ZodType<T>): T => schema.parse(JSON.parse(page(name)));
const yaml = <T>(name: string, schema: z.ZodType<T>): T => schema.parse(parse(page(name)));

const manifest = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }),
  scripts: z.record(z.string(), z.string()),
});
const project = json('package.json', manifest);

const dependencyRules = z
  .object({
    forbidden: z.array(
      z.object({
        name: z.string(),
        to: z.object({ pathNot: z.union([z.string(), z.array(z.string())]).default([]) }),
      }),
    ),
  })
  .parse(createRequire(__filename)(path.join(root, '.dependency-cruiser.cjs'))).forbidden;

const workflow = yaml(
  '.github/workflows/checks.yml',
  z.object({
    permissions: z.record(z.string(), z.string()),
    jobs: z.record(
      z.string(),
      z.object({
        'timeout-minutes': z.number(),
        strategy: z.object({ matrix: z.object({ node: z.array(z.string()) }) }).optional(),
        steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
      }),
    ),
  }),
);

describe('supported versions of Node', () => {
  const versions = json('scripts/dependencies/nodeVersions.json', z.array(z.string()));
  const majors = versions.map((version) => version.split('.')[0]);

  test('the workflow runs .ci/run on each of them', () => {
    const jobs = Object.values(workflow.jobs).filter(({ steps }) =>
      steps.some(({ run }) => run === '.ci/run'),
    );
    expect(jobs.map(({ strategy }) => strategy?.matrix.node)).toEqual([majors]);
  });

  test('the table of supported versions names each of them', () => {
    const table = page('docs/operations/supported.md');
    expect(versions.filter((version) => !table.includes(version))).toEqual([]);
  });

  test('programs, manifests and types agree on the oldest one', () => {
    expect(project.engines.node).toBe(`>=${majors[0]}`);
    expect(page('packages/settings/src/nodeVersion.ts')).toContain(`OLDEST_NODE = ${majors[0]};`);
    for (const name of ['sdk', 'protocol']) {
      expect(json(`packages/${name}/package.json`, manifest).engines).toEqual(project.engines);
    }
    expect(page('package.json')).toContain(`"@types/node": "^${majors[0]}.`);
  });

  test('images, dev container and .nvmrc use one of them', () => {
    const images = ['docker/server.Dockerfile', 'docker/worker.Dockerfile'];
    for (const name of [...images, '.devcontainer/Dockerfile']) {
      const used = [...page(name).matchAll(/^FROM node:([\d.]+)/gm)].map(([, version]) => version);
      expect(used.length).toBeGreaterThan(0);
      expect(used.filter((version) => !versions.includes(version ?? ''))).toEqual([]);
    }
    expect(majors).toContain(page('.nvmrc').trim());
  });
});

test('all workspaces have one version, which is the newest of the changelog', () => {
  const [newest] = [...page('CHANGELOG.md').matchAll(/^## \[(\d[^\]]*)\]/gm)];
  expect(newest?.[1]).toBe(project.version);
  const others = workspaces().filter(({ version }) => version !== project.version);
  expect(others.map(({ name, version }) => `${name}@${version}`)).toEqual([]);
});

test('the workflow can only read, its jobs end, and its actions are pinned by commit', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const actions = steps.flatMap(({ uses }) => uses ?? []);
  expect(actions.length).toBeGreaterThan(0);
  expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
});

test('commands of the workflow exist', () => {
  const commands = Object.values(workflow.jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => run ?? []),
  );
  const missing = commands.filter((command) => {
    const script = /^npm run ([\w:-]+)$/.exec(command)?.[1];
    return script === undefined ? !existsSync(path.join(root, command)) : !project.scripts[script];
  });
  expect(missing).toEqual([]);
});

test('every path in CODEOWNERS exists', () => {
  const paths = page('.github/CODEOWNERS')
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => line.split(/\s+/)[0] ?? '');
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((one) => !existsSync(path.join(root, one)))).toEqual([]);
});

test('issue forms have unique ids and at least one required field', () => {
  const form = z.object({
    body: z.array(
      z.object({
        id: z.string().optional(),
        validations: z.object({ required: z.boolean() }).optional(),
      }),
    ),
  });
  const folder = '.github/ISSUE_TEMPLATE';
  for (const name of readdirSync(path.join(root, folder))) {
    if (name === 'config.yml') continue;
    const { body } = yaml(`${folder}/${name}`, form);
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(body.some(({ validations }) => validations?.required === true)).toBe(true);
  }
});

describe('CONTRIBUTING.md', () => {
  const text = page('CONTRIBUTING.md');

  test('describes every script of package.json', () => {
    const names = Object.keys(project.scripts).filter(
      (name) => !new RegExp(`\`npm (run )?${name}(?![\\w:-])`).test(text),
    );
    expect(names).toEqual([]);
  });

  test('lists every workspace, and what the dependency rules let it import', () => {
    const rows = [...text.matchAll(/^\| `((?:apps|packages)\/\w+)` +\|[^|]+\| ([^|]+?) +\|$/gm)];
    const listed = new Map(rows.map(([, folder = '', below = '']) => [folder, below]));
    expect([...listed.keys()].sort()).toEqual(workspaceFolders());
    for (const { name, to } of dependencyRules) {
      const folder = /^(\w+)-imports-only-what-lies-below-it$/.exec(name)?.[1];
      if (folder === undefined) continue;
      const below = [to.pathNot].flat().map((one) => /^\^packages\/(\w+)\/$/.exec(one)?.[1]);
      const others = below.filter((one) => one !== folder).join(', ');
      expect([folder, listed.get(`packages/${folder}`)]).toEqual([
        folder,
        others || 'nothing of ours',
      ]);
    }
  });
});

function workspaceFolders(): string[] {
  return ['apps', 'packages']
    .flatMap((group) => readdirSync(path.join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(path.join(root, folder, 'package.json')))
    .sort();
}
