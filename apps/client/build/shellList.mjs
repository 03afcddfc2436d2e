import { createHash } from 'node:crypto';

const LIST = '__SHELL_FILES__';
const VERSION = '__SHELL_VERSION__';
/** Fetched when they are first wanted, and kept from then on. */
const LATER = /emoji/i;
/** Below the folder that the service worker is in, wherever that is served. */
const PUBLIC = ['', 'theme.js', 'manifest.webmanifest', 'icon.svg', 'icon-192.png'];

/** Tells the service worker which files the shell consists of. It changes with them, which makes browsers take it anew. */
export function shellList() {
  return {
    name: 'shell-list',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['serviceWorker.js'];
      if (worker === undefined) throw new Error('there is no serviceWorker.js');
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
