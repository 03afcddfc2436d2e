import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod';
import { type Instance, openInstance } from '@chasqui/testkit';

// Installs the published archives into a project outside this repository.

const root = path.resolve(__dirname, '../../../..');
const run = promisify(execFile);

let project: string;
let instance: Instance;
beforeAll(async () => {
  project = mkdtempSync(path.join(tmpdir(), 'chasqui-consumer-'));
  const archives = path.join(project, 'archives');
  [instance] = await Promise.all([openInstance(), install(archives)]);
}, 300_000);
afterAll(async () => {
  await instance?.close();
  rmSync(project, { recursive: true, force: true });
});

async function install(archives: string): Promise<void> {
  await run(process.execPath, [path.join(root, 'scripts/publishing/pack.mjs'), archives]);
  const files = readdirSync(archives).map((name) => path.join(archives, name));
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...quiet, ...files], { cwd: project }).catch((error: unknown) => {
    const { stderr } = z.object({ stderr: z.string() }).parse(error);
    const code = /npm error code (\S+)/.exec(stderr)?.[1] ?? 'npm failed';
    throw new Error(`The archives could not be installed from the npm registry (${code}).`);
  });
}

const installed = (name: string): string => path.join(project, 'node_modules/@chasqui', name);
const manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  private: z.boolean().optional(),
  dependencies: z.record(z.string(), z.string()),
});

/** Writes a file of the consuming project. */
function write(name: string, text: string): string {
  const file = path.join(project, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe.each(['protocol', 'sdk'])('@chasqui/%s', (name) => {
  test('contains what it runs on and its licence, and neither sources nor tests', () => {
    const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    const odd = files.filter(
      (file) => !/^dist(\/|$)|^(LICENSE|README\.md|package\.json)$/.test(file),
    );
    expect(odd).toEqual([]);
    expect(files.filter((file) => /test|tsbuildinfo|(?<!\.d)\.ts$/i.test(file))).toEqual([]);
    expect(readFileSync(path.join(installed(name), 'LICENSE'), 'utf8')).toBe(
      readFileSync(path.join(root, 'LICENSE'), 'utf8'),
    );
  });

  test('has a manifest that npm can publish and resolve', () => {
    const text = readFileSync(path.join(installed(name), 'package.json'), 'utf8');
    const { version, license, dependencies, ...rest } = manifest.parse(JSON.parse(text));
    expect([rest.private ?? false, license]).toEqual([false, 'MIT']);
    expect(Object.values(dependencies).filter((range) => range.includes('workspace:'))).toEqual([]);
    if (name === 'sdk') expect(dependencies['@chasqui/protocol']).toBe(`^${version}`);
  });
});

const typed = `
import { type ChatClient, createMemoryStorage, openChatClient, selectMessages } from '@chasqui/sdk';
import { openFileStorage } from '@chasqui/sdk/node';

export async function use(file: string | null): Promise<readonly string[]> {
  const storage = file === null ? createMemoryStorage() : await openFileStorage(file);
  const client: ChatClient = await openChatClient({ url: 'http://127.0.0.1', storage });
  const id: string = await client.send('conversation', 'text');
  // @ts-expect-error: a message id is not a number, so the types are not \`any\`.
  const wrong: number = id;
  return [String(wrong), ...selectMessages(client.getState(), 'conversation').map((one) => one.id ?? '')];
}
`;

/** Returns what the compiler says about these files of the consuming project. Library declarations are checked as well. */
async function compile(
  folder: string,
  names: readonly string[],
  options: object,
  text = typed,
): Promise<string> {
  for (const name of names) write(`${folder}/${name}`, text);
  const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, ...options };
  const config = write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', config]).catch((error: unknown) =>
    z.object({ stdout: z.string() }).parse(error),
  );
  return stdout;
}

test.each([
  ['node16', 'node16', ['consumer.mts', 'consumer.cts']],
  ['bundler', 'esnext', ['consumer.ts']],
])('types resolve with moduleResolution %s', async (moduleResolution, module, names) => {
  // A web page: without the types of Node.
  const page = { target: 'es2023', lib: ['es2023', 'dom'], types: [] };
  expect(await compile(moduleResolution, names, { moduleResolution, module, ...page })).toBe('');
});

test('a program on Node compiles without the types of the DOM', async () => {
  const node = {
    ...{ moduleResolution: 'node16', module: 'node16', target: 'es2022', lib: ['es2022'] },
    ...{ types: ['node'], typeRoots: [path.join(root, 'node_modules/@types')] },
  };
  expect(await compile('node', ['consumer.mts', 'consumer.cts'], node)).toBe('');
});

test('a page can replace the factory of IndexedDB, by its own type', async () => {
  const text = `
import { openIndexedDbStorage } from '@chasqui/sdk';
export const own = (factory: IDBFactory) => openIndexedDbStorage({ factory });
// @ts-expect-error: text is not a factory.
export const wrong = () => openIndexedDbStorage({ factory: 'text' });
`;
  const page = {
    ...{ moduleResolution: 'bundler', module: 'esnext', target: 'es2023' },
    ...{ lib: ['es2023', 'dom'], types: [] },
  };
  expect(await compile('page', ['factory.ts'], page, text)).toBe('');
});

test('CommonJS requires it', async () => {
  const file = write(
    'required.cjs',
    `const { createMemoryStorage, openChatClient } = require('@chasqui/sdk');
    openChatClient({ url: 'http://127.0.0.1:9', storage: createMemoryStorage() }).then(async (client) => {
      console.log(String(client.getState().me));
      await client.close();
    });`,
  );
  expect((await run(process.execPath, [file])).stdout).toBe('null\n');
});

test('[D1] an ES module imports it, and sends a message through a real instance', async () => {
  const file = write(
    'imported.mjs',
    `import { createMemoryStorage, openChatClient } from '@chasqui/sdk';
    const open = async (name) => {
      const client = await openChatClient({ url: process.argv[2], storage: createMemoryStorage() });
      await client.signUp({ username: name, email: name + '@example.org', password: 'a long password' });
      client.connect();
      return client;
    };
    const [ana, ben] = await Promise.all([open('ana_packed'), open('ben_packed')]);
    const arrived = new Promise((resolve) => ben.onMessage(resolve));
    const { id } = await ana.createDirect(ben.getState().me.id);
    await ana.send(id, 'from an installed package');
    console.log((await arrived).content);
    await Promise.all([ana.close(), ben.close()]);`,
  );
  const { stdout } = await run(process.execPath, [file, instance.url()]);
  expect(stdout).toBe('from an installed package\n');
});

test('a bundler for browsers finds nothing of Node in it', async () => {
  const { warnings } = await build({
    stdin: { contents: `export * from '@chasqui/sdk';`, resolveDir: project },
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'silent' },
  });
  expect(warnings).toEqual([]);
});
