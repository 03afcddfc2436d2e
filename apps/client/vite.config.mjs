import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.mjs';
import { shellList } from './build/shellList.mjs';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** Where the server listens while Vite serves the client alone. */
const server = process.env.CHASQUI_SERVER ?? 'http://127.0.0.1:5000';
/** With the host it was asked for, so that to the server the page is one of its own. */
const proxy = { target: server, changeOrigin: false };

export default defineConfig({
  // Relative addresses: a proxy may serve the client below any path.
  base: './',
  plugins: [react(), shellList(), compressed()],
  resolve: {
    // Our own packages from their sources: what a page does not use is left out of its bundle.
    alias: [{ find: /^@pern\/(sdk|protocol)\/(.+)$/, replacement: `${packages}/$1/src/$2.ts` }],
  },
  build: {
    target: 'es2023',
    // What it may weigh is said by a test.
    chunkSizeWarningLimit: 1_000,
    rollupOptions: {
      input: {
        index: fileURLToPath(new URL('index.html', import.meta.url)),
        serviceWorker: fileURLToPath(new URL('src/serviceWorker/worker.ts', import.meta.url)),
      },
      output: {
        // A service worker is found again by its name.
        entryFileNames: ({ name }) =>
          name === 'serviceWorker' ? 'serviceWorker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': proxy,
      '/healthz': proxy,
      '/socket.io': { ...proxy, ws: true },
    },
  },
});
