import { escaped } from '../figures/svg';
import { sharesOf, type Call, type Layer } from './cpuProfile';

const WIDTH = 1_200;
const ROW = 17;
const TOP = 56;
/** Narrower calls are omitted: they would be unreadable. */
const NARROWEST = 1.5;
const CHARACTER = 6.4;

const COLOURS: Record<Layer, string> = {
  core: '#68d391',
  server: '#9ae6b4',
  'PostgreSQL driver': '#90cdf4',
  sockets: '#fbd38d',
  Node: '#cbd5e0',
  'system calls': '#fc8181',
  'garbage collector': '#d6bcfa',
};

/**
 * Draws a flame graph (Brendan Gregg, 2011) with callers on top. The width of a call is its share of the busy time, the
 * colour its layer. Tooltips name calls that are too narrow for a label.
 */
export function flameGraphOf(whole: Call, title: string): string {
  const scale = WIDTH / whole.total;
  const boxes: string[] = [];
  let depth = 0;
  const draw = (call: Call, from: number, level: number): void => {
    const width = call.total * scale;
    if (width < NARROWEST) return;
    depth = Math.max(depth, level);
    const part = `${((100 * call.total) / whole.total).toFixed(1)} %`;
    const fits = Math.floor((width - 6) / CHARACTER);
    const shown = call.name.length <= fits ? call.name : `${call.name.slice(0, fits - 1)}…`;
    const [x, y] = [from.toFixed(1), TOP + level * ROW];
    boxes.push(
      `<g><title>${escaped(call.name)} (${call.layer}): ${part}</title>` +
        `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${COLOURS[call.layer]}"/>` +
        (fits >= 3
          ? `<text x="${(from + 3).toFixed(1)}" y="${y + 12}">${escaped(shown)}</text>`
          : '') +
        '</g>',
    );
    let at = from;
    for (const next of [...call.calls].sort((a, b) => b.total - a.total)) {
      draw(next, at, level + 1);
      at += next.total * scale;
    }
  };
  // The root is not a function: its calls start on the first line.
  let at = 0;
  for (const call of [...whole.calls].sort((a, b) => b.total - a.total)) {
    draw(call, at, 0);
    at += call.total * scale;
  }
  const height = TOP + (depth + 1) * ROW + 8;
  let x = 8;
  const legend = sharesOf(whole).map(([layer, part]) => {
    const label = `${layer} ${(100 * part).toFixed(0)} %`;
    const entry = `<rect x="${x}" y="32" width="12" height="12" fill="${COLOURS[layer]}"/><text x="${x + 17}" y="42">${label}</text>`;
    x += 17 + label.length * (CHARACTER + 0.6) + 16;
    return entry;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
  <style>text { font: 11px ui-monospace, monospace; fill: #1a202c; } .title { font: 600 14px system-ui, sans-serif; }</style>
  <rect width="${WIDTH}" height="${height}" fill="#f7fafc"/>
  <text class="title" x="8" y="20">${escaped(title)}</text>
  ${legend.join('\n  ')}
  ${boxes.join('\n  ')}
</svg>
`;
}
