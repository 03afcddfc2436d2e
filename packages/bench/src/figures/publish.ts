import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { chartOf } from './chart';
import type { Line } from './lines';
import type { Machine } from './save';
import { tableOf } from './table';

const BEGIN = '<!-- bench: written by `yarn bench --write` -->';
const END = '<!-- /bench -->';

interface PublishedRow {
  at: string;
  effort: string;
  machine: Machine;
  lines: Line[];
}

/**
 * Publishes the figures in the docs below `root` as JSON, table and chart. Rows that were not run keep their figures;
 * `order` is the order of the table. Returns a line that says what was written. Throws before changing anything when the
 * document has no markers for the table.
 */
export function publish(
  lines: readonly Line[],
  run: { effort: string; machine: Machine },
  { order, root }: { order: readonly string[]; root: string },
): string {
  const document = path.join(root, 'docs/operations/performance.md');
  const [before, after] = aroundTable(readFileSync(document, 'utf8'));
  const folder = path.join(root, 'docs/performance');
  const json = path.join(folder, 'bench.json');
  const rows = existsSync(json)
    ? (JSON.parse(readFileSync(json, 'utf8')) as Record<string, PublishedRow>)
    : {};
  const at = new Date().toISOString();
  for (const { row } of lines) {
    rows[row] = { at, ...run, lines: lines.filter((line) => line.row === row) };
  }
  const sorted = order.flatMap((name) => {
    const row = rows[name];
    return row === undefined ? [] : [{ name, ...row }];
  });
  const all = sorted.flatMap((row) => row.lines);
  const machines = [...new Set(sorted.map(({ machine }) => describe(machine)))].join('; ');
  const figure = '![Each figure relative to its target](../performance/bench.svg)';
  const text = `${tableOf(all)}\n\nMeasured on ${machines}.\n\n${figure}`;

  mkdirSync(folder, { recursive: true });
  const published = Object.fromEntries(sorted.map(({ name, ...row }) => [name, row]));
  writeFileSync(json, `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(path.join(folder, 'bench.svg'), chartOf(all));
  writeFileSync(document, `${before}\n\n${text}\n\n${after}`);
  return 'Written: docs/performance/bench.json, docs/performance/bench.svg, docs/operations/performance.md';
}

/** Copies the flame graphs of a profiled run to the docs below `root`. Returns a line that says what was written. */
export function publishFlameGraphs(from: string, root: string): string {
  const names = readdirSync(from).filter((name) => name.endsWith('.svg'));
  const written = names.map((name) => {
    const to = `docs/performance/flame-${name}`;
    copyFileSync(path.join(from, name), path.join(root, to));
    return to;
  });
  return `Written: ${written.join(', ')}`;
}

function aroundTable(text: string): [before: string, after: string] {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error('docs/operations/performance.md has no markers for the table');
  return [text.slice(0, from + BEGIN.length), text.slice(to)];
}

const describe = ({ cpu, cores, memoryGiB, node }: Machine): string =>
  `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}`;
