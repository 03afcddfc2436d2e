import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { root, runBinAlone, writeWhole } from '../running/run.mjs';

const stamp = path.join(root, 'node_modules/.cache/chasqui/bundled');
const client = path.join(root, 'apps/client');

/**
 * Bundles the web client into apps/client/dist, where the server finds it. Does nothing when no source has changed.
 * Resolves with whether the bundle exists.
 */
export async function bundleClient() {
  const sources = fingerprint(['apps/client', 'packages/sdk', 'packages/protocol']);
  const isCurrent = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
  if (isCurrent && existsSync(path.join(client, 'dist/index.html'))) return true;
  rmSync(stamp, { force: true });
  const code = await runBinAlone('vite/bin/vite.js', ['build', '--logLevel', 'warn'], {
    cwd: client,
    // A test that builds must not leave React's development build behind.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (code !== 0) return false;
  writeWhole(stamp, sources);
  return true;
}
