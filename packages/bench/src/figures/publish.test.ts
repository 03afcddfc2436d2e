import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Bound, Contest } from '../contest';
import { linesOf, type Line } from './lines';
import { publish } from './publish';

const machine = { cpu: 'a processor', cores: 2, memoryGiB: 4, node: 'v20' };
let root: string;
let document: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'chasqui-publish-'));
  mkdirSync(path.join(root, 'docs/operations'), { recursive: true });
  document = path.join(root, 'docs/operations/performance.md');
  writeFileSync(
    document,
    '# P\n\n<!-- bench: written by `yarn bench --write` -->\n<!-- /bench -->\nafter\n',
  );
});
afterEach(() => rmSync(root, { recursive: true }));

/** Lines of runs in which the project reaches 30, 40 and 50, its peer 100, 50 and 50. */
function linesFor(row: string, bound?: Bound): Line[] {
  const contest: Contest = {
    ...{ name: row, what: row, contenders: [] },
    comparisons: [
      { figure: 'f', unit: 'a < b', project: 'project', peer: 'peer', ...(bound && { bound }) },
    ],
  };
  const figures = (...values: number[]) => values.map((f) => ({ f }));
  return linesOf(
    contest,
    new Map([
      ['project', figures(30, 40, 50)],
      ['peer', figures(100, 50, 50)],
    ]),
  );
}

const write = (lines: Line[], effort = 'full') =>
  publish(lines, { effort, machine }, { order: ['first', 'second'], root });
const written = (name: string) => readFileSync(path.join(root, 'docs/performance', name), 'utf8');

test('a line is the median of successive runs, with its spread', () => {
  expect(linesFor('first', { atLeast: 0.8 })).toMatchObject([
    { project: 40, peer: 50, ratio: 0.8, met: true, runs: { project: [30, 40, 50] } },
  ]);
  const [line] = linesFor('first', { atMost: 0.5 });
  expect(line?.met).toBe(false);
  expect(line?.spread.ratio).toBeCloseTo((1 - 0.3) / 0.8);
});

test('the table is written between its markers, next to chart and JSON', () => {
  write(linesFor('first', { atLeast: 0.5 }));
  const text = readFileSync(document, 'utf8');
  expect(text).toMatch(/^# P\n/);
  expect(text).toMatch(/after\n$/);
  expect(text).toContain('| first | peer ');
  expect(text).toContain('| 0.80  | ≥ 0.5  | yes | ± 44 % |');
  expect(text).toContain('2 cores (a processor), 4 GiB, Node v20');
  expect(written('bench.svg')).toContain('first: a &lt; b');
  expect(JSON.parse(written('bench.json'))).toMatchObject({
    first: { effort: 'full', machine, lines: [{ ratio: 0.8 }] },
  });
});

test('rows that were not run keep their figures, in the order of the table', () => {
  write(linesFor('second'));
  write(linesFor('first'), 'quick');
  expect(JSON.parse(written('bench.json'))).toMatchObject({
    first: { effort: 'quick' },
    second: { effort: 'full' },
  });
  expect(readFileSync(document, 'utf8')).toMatch(/\| first [^]*\| second /);
});

test('without markers for the table nothing is written', () => {
  writeFileSync(document, '# P\n');
  expect(() => write(linesFor('first'))).toThrow('no markers for the table');
  expect(() => written('bench.json')).toThrow();
});
