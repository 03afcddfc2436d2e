import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chartOf } from './chart';
import type { Line } from './lines';
import { tableOf } from './table';

const root = path.resolve(__dirname, '../../../..');
const folder = path.join(root, 'docs/performance');
const document = path.join(root, 'docs/PERFORMANCE.md');
const BEGIN = '<!-- bench: written by `yarn bench --write` -->';
const END = '<!-- /bench -->';

interface Published {
  machine: unknown;
  rows: Record<string, { at: string; effort: string; rounds: number; lines: Line[] }>;
}

/**
 * Puts the figures into docs: the JSON, the table and the chart. Rows that were not run stay as they
 * were. `order` is that of the table. Returns what was written.
 */
export function publish(
  lines: readonly Line[],
  run: { effort: string; rounds: number; machine: unknown },
  order: readonly string[],
): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'bench.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Published).rows : {};
  const { machine, effort, rounds } = run;
  const rows: Published['rows'] = { ...before };
  for (const { row } of lines) {
    const at = new Date().toISOString();
    rows[row] = { at, effort, rounds, lines: lines.filter((line) => line.row === row) };
  }
  const sorted = order.flatMap((row) =>
    rows[row] === undefined ? [] : [[row, rows[row]] as const],
  );
  const published: Published = { machine, rows: Object.fromEntries(sorted) };
  const all = sorted.flatMap(([, row]) => row.lines);
  writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(path.join(folder, 'bench.svg'), chartOf(all));
  writeTable(all);
  return 'Written: docs/performance/bench.json, docs/performance/bench.svg, docs/PERFORMANCE.md';
}

function writeTable(lines: readonly Line[]): void {
  const text = readFileSync(document, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/PERFORMANCE.md has no place for the table');
  const head = text.slice(0, from + BEGIN.length);
  writeFileSync(document, `${head}\n\n${tableOf(lines)}\n\n${text.slice(to)}`);
}
