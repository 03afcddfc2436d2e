import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const root = path.resolve(__dirname, '../../..');

/** Our own packages from their sources, as a client's bundler may take them. */
const sources: Plugin = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /^@pern\// }, ({ path: name }) => {
      const [, workspace = '', ...file] = name.split('/');
      return { path: path.join(root, 'packages', workspace, 'src', `${file.join('/')}.ts`) };
    });
  },
};

test('what a web page imports runs without Node, and stays small', async () => {
  const { outputFiles, warnings } = await build({
    stdin: {
      contents: [
        `export { openChatClient } from '@pern/sdk/openChatClient';`,
        `export { openIndexedDbStorage } from '@pern/sdk/storage/indexedDbStorage';`,
        `export { createTabs } from '@pern/sdk/tabs/browserTabs';`,
        `export * from '@pern/sdk/state/selectors';`,
      ].join('\n'),
      resolveDir: root,
    },
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: 'es2022' },
    // What only Node has would not be found.
    platform: 'browser',
    plugins: [sources],
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const [bundle] = outputFiles ?? [];
  const bytes = gzipSync(bundle?.contents ?? '').length;
  expect(bytes).toBeGreaterThan(10_000);
  // Half of it are the schemas and zod, a fifth is socket.io-client. Raised from 70 kB for requests, and for time limits
  // on storage and locks.
  expect(bytes).toBeLessThan(73_000);
});
