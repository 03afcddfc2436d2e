import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const root = path.resolve(__dirname, '../../..');

/** Resolves our own packages to their sources, as an application's bundler may do. */
const sources: Plugin = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /^@chasqui\// }, ({ path: name }) => ({
      path: path.join(root, name.replace('@chasqui/', 'packages/'), 'src/index.ts'),
    }));
  },
};

test('the bundle for a web page contains nothing of Node and stays within its size limit', async () => {
  const { outputFiles, warnings } = await build({
    stdin: {
      contents: `
        export { createTabs, openChatClient, openIndexedDbStorage } from '@chasqui/sdk';
        export { selectConversations, selectMessages, selectStatus } from '@chasqui/sdk';`,
      resolveDir: root,
    },
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: 'es2022' },
    // An import of a Node module would fail to resolve.
    platform: 'browser',
    plugins: [sources],
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const [bundle] = outputFiles ?? [];
  const bytes = gzipSync(bundle?.contents ?? '').length;
  expect(bytes).toBeGreaterThan(10_000);
  // The schemas and zod take half of it, socket.io-client a fifth.
  expect(bytes).toBeLessThan(73_000);
});
