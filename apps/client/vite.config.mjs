import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.mjs';
import { shellList } from './build/shellList.mjs';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** The server that API requests are proxied to while Vite serves the client. */
const server = process.env.CHASQUI_SERVER ?? 'http://127.0.0.1:5000';
/** Keeps the Host header, so that the server sees same-origin requests. */
const proxy = { target: server, changeOrigin: false };

export default defineConfig({
  // Relative URLs, because a proxy may serve the client under any path.
  base: './',
  plugins: [react(), shellList(), compressed()],
  resolve: {
    // Our own packages are bundled from source, so that tree shaking removes unused code.
    alias: [{ find: /^@chasqui\/([a-z]+)$/, replacement: `${packages}/$1/src/index.ts` }],
  },
  build: {
    target: 'es2023',
    // bundleSize.test.ts enforces the size budget.
    chunkSizeWarningLimit: 1_000,
    rollupOptions: {
      input: {
        index: fileURLToPath(new URL('index.html', import.meta.url)),
        serviceWorker: fileURLToPath(new URL('src/serviceWorker/worker.ts', import.meta.url)),
      },
      output: {
        // A service worker needs a stable file name.
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
