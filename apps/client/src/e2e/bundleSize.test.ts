import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const dist = path.resolve(__dirname, '../../dist');

/**
 * The gzip size, in kB, of the files loaded before anything is shown. Raise it only with a reason: it went from 200 to 206
 * for time limits on storage and locks, input methods, and links in all scripts.
 */
const BUDGET_KB = { script: 206, style: 8 };

/** The size of the files that index.html references. Everything else is loaded on demand. */
function initialSizes() {
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => file);
  const kB = (suffix: string): number =>
    files
      .filter((file) => file?.endsWith(suffix))
      .reduce((sum, file) => sum + statSync(path.join(dist, `${file}.gz`)).size / 1_000, 0);
  return { script: kB('.js'), style: kB('.css') };
}

test('[client] the initial bundle stays within its budget', () => {
  const { script, style } = initialSizes();
  expect(script).toBeGreaterThan(50);
  expect(style).toBeGreaterThan(1);
  expect(script).toBeLessThan(BUDGET_KB.script);
  expect(style).toBeLessThan(BUDGET_KB.style);
});

test('[client] the service worker precaches every file except the emoji data', () => {
  const worker = readFileSync(path.join(dist, 'serviceWorker.js'), 'utf8');
  expect(worker).not.toContain('__SHELL');
  for (const file of readdirSync(path.join(dist, 'assets'))) {
    if (/\.(js|css)$/.test(file)) {
      expect([file, worker.includes(file)]).toEqual([file, !/emoji/i.test(file)]);
    }
  }
});
