import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../dependencies/installed';

// The architecture page lists the files that a live message passes.

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const linesOf = (file: string): number => read(file).split('\n').length - 1;

const section = read('docs/architecture.md').split('### The files a message passes')[1] ?? '';
const rows = [...section.matchAll(/^\|[^|]*\| `([^`]+\.ts)` +\| +(\d+) +\|/gm)].map(
  ([, file = '', lines = '']) => ({ file, lines: Number(lines) }),
);
const inCore = rows.filter(({ file }) => /core\/src\/(?:send|fanout|connection)\//.test(file));

test('send, fan-out and connection are at most 15 files and 1,800 lines', () => {
  const total = inCore.reduce((sum, { file }) => sum + linesOf(file), 0);
  expect(inCore.length).toBeGreaterThan(10);
  expect(inCore.length).toBeLessThanOrEqual(15);
  expect(total).toBeLessThanOrEqual(1_800);
});

test('the table gives the size of each file within 20 lines', () => {
  const wrong = rows.filter(({ file, lines }) => Math.abs(linesOf(file) - lines) > 20);
  expect(wrong).toEqual([]);
});
