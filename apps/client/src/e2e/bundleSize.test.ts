import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const dist = path.resolve(__dirname, '../../dist');

/**
 * What goes over the wire before anything is shown, compressed with gzip, in kB. Raised only with a reason: from 200 to
 * 206 for time limits on storage and locks, for keys of input methods, and for addresses in texts of all scripts.
 */
const BUDGET = { script: 206, style: 8 };

/** What the page itself asks for; the rest is fetched when somebody wants it. */
function weights() {
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => file);
  const kB = (suffix: string): number =>
    files
      .filter((file) => file?.endsWith(suffix))
      .reduce((sum, file) => sum + statSync(path.join(dist, `${file}.gz`)).size / 1_000, 0);
  return { script: kB('.js'), style: kB('.css') };
}

test('[client] what is loaded before anything is shown stays within its budget', () => {
  const { script, style } = weights();
  expect(script).toBeGreaterThan(50);
  expect(style).toBeGreaterThan(1);
  expect(script).toBeLessThan(BUDGET.script);
  expect(style).toBeLessThan(BUDGET.style);
});

test('[client] the service worker keeps every file of the page, and fetches emoji only when somebody wants them', () => {
  const worker = readFileSync(path.join(dist, 'serviceWorker.js'), 'utf8');
  expect(worker).not.toContain('__SHELL');
  for (const file of readdirSync(path.join(dist, 'assets'))) {
    if (/\.(js|css)$/.test(file)) {
      expect([file, worker.includes(file)]).toEqual([file, !/emoji/i.test(file)]);
    }
  }
});
