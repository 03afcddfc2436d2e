import type { Bound } from '../contest';
import { againstOf, type Line } from './lines';
import { escaped } from './svg';

const WIDTH = 960;
const LEFT = 520;
const ROW = 26;
const TOP = 46;
/** The longest bar, as a multiple of the target. */
const MOST = 2;

/**
 * Draws each figure relative to its target: a bar that reaches the line meets it, one of twice the length is twice as good.
 * Readable on light and dark backgrounds.
 */
export function chartOf(lines: readonly Line[]): string {
  const shown = lines.flatMap((line) => (line.bound === null ? [] : [{ line, bound: line.bound }]));
  const height = TOP + shown.length * ROW + 14;
  const scale = (WIDTH - LEFT - 100) / MOST;
  const bars = shown.map(({ line, bound }, i) => {
    const reached = Math.min(MOST, reachedOf(line.ratio, bound));
    const y = TOP + i * ROW;
    const kind = reached >= 1 ? 'met' : 'missed';
    return [
      `<text x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${escaped(`${line.row}: ${line.unit}`)} <tspan class="soft">${escaped(againstOf(line))}</tspan></text>`,
      `<rect class="${kind}" x="${LEFT}" y="${y + 2}" width="${(reached * scale).toFixed(1)}" height="${ROW - 9}" rx="3"/>`,
      `<text x="${WIDTH - 10}" y="${y + 14}" text-anchor="end">${line.ratio.toFixed(2)} <tspan class="soft">${wordsOf(bound)}</tspan></text>`,
    ].join('\n  ');
  });
  const at = LEFT + scale;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Each figure relative to its target">
  <style>
    text { font: 12px system-ui, sans-serif; fill: #1f2933; }
    .soft { fill: #6b7785; }
    .met { fill: #2f855a; }
    .missed { fill: #c05621; }
    .target { stroke: #6b7785; stroke-dasharray: 4 3; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6eaee; }
      .soft { fill: #9aa5b1; }
      .met { fill: #68d391; }
      .missed { fill: #f6ad55; }
      .target { stroke: #9aa5b1; }
    }
  </style>
  <text x="${at}" y="20" text-anchor="middle" class="soft">target</text>
  <line class="target" x1="${at}" y1="28" x2="${at}" y2="${height - 8}"/>
  ${bars.join('\n  ')}
</svg>
`;
}

/** Returns 1 for a figure that exactly meets its target; higher is better. */
function reachedOf(ratio: number, bound: Bound): number {
  return 'atLeast' in bound ? ratio / bound.atLeast : bound.atMost / Math.max(ratio, 1e-9);
}

const wordsOf = (bound: Bound): string =>
  'atLeast' in bound ? `(≥ ${bound.atLeast})` : `(≤ ${bound.atMost})`;
