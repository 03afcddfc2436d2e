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
 * Puts the figures into the docs below `root`: JSON, table and chart. Rows that were not run stay as
 * they were; `order` is that of the table. Returns what was written. Throws when there is no place for
 * the table, before anything is changed.
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
  const figure = '![How near each figure is to its target](../performance/bench.svg)';
  const text = `${tableOf(all)}\n\nMade on ${machines}.\n\n${figure}`;

  mkdirSync(folder, { recursive: true });
  const published = Object.fromEntries(sorted.map(({ name, ...row }) => [name, row]));
  writeFileSync(json, `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(path.join(folder, 'bench.svg'), chartOf(all));
  writeFileSync(document, `${before}\n\n${text}\n\n${after}`);
  return 'Written: docs/performance/bench.json, docs/performance/bench.svg, docs/operations/performance.md';
}

/** Copies the flame graphs of a run with profiles into the docs below `root`. Returns what was written. */
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
    throw new Error('docs/operations/performance.md has no place for the table');
  return [text.slice(0, from + BEGIN.length), text.slice(to)];
}

const describe = ({ cpu, cores, memoryGiB, node }: Machine): string =>
  `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}`;
