import { createHash } from 'node:crypto';

const LIST = '__SHELL_FILES__';
const VERSION = '__SHELL_VERSION__';
/** Not precached: fetched on first use and cached from then on. */
const LATER = /emoji/i;
/** Relative to the folder of the service worker. */
const PUBLIC = ['', 'theme.js', 'manifest.webmanifest', 'icon.svg', 'icon-192.png'];

/**
 * Writes the list of shell files into the service worker. The worker changes whenever a file does, and browsers then
 * install the new version.
 */
export function shellList() {
  return {
    name: 'shell-list',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['serviceWorker.js'];
      if (worker === undefined) throw new Error('the bundle has no serviceWorker.js');
      const built = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/') && !LATER.test(name) && !name.endsWith('.map'))
        .sort();
      const files = [...PUBLIC, ...built];
      const page = bundle['index.html'];
      const hash = createHash('sha256').update(files.join('\n'));
      if (page?.type === 'asset') hash.update(page.source);
      worker.code = worker.code
        .replace(LIST, files.join(' '))
        .replace(VERSION, hash.digest('hex').slice(0, 16));
    },
  };
}
