import { againstOf, type Line } from './lines';

const head = ['row', 'against', 'figure', 'peer', 'project', 'ratio', 'target', 'met', 'spread'];

/** Formats the table as Markdown, which is also readable in a terminal. */
export function tableOf(lines: readonly Line[]): string {
  const cells = [head, ...lines.map(cellsOf)];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const [first = '', ...rest] = cells.map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [first, rule, ...rest].join('\n');
}

function cellsOf(line: Line): string[] {
  const { bound } = line;
  return [
    line.row,
    againstOf(line),
    line.unit,
    numberOf(line.peer),
    numberOf(line.project),
    line.ratio.toFixed(2),
    bound === null ? '' : 'atLeast' in bound ? `≥ ${bound.atLeast}` : `≤ ${bound.atMost}`,
    line.met === null ? '' : line.met ? 'yes' : 'no',
    `± ${((line.spread.ratio / 2) * 100).toFixed(0)} %`,
  ];
}

/** Three significant digits below 1,000; integers with thousands separators above. */
export function numberOf(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
