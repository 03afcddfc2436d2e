/**
 * Text whose names were marked by `isolateBidi`. Each name is rendered in its own direction, so that one in Hebrew or
 * Arabic does not reorder the surrounding text.
 */
export function BidiText({ text }: { text: string }) {
  return text
    .split(/[\u2068\u2069]/)
    .map((part, i) => (i % 2 === 1 ? <bdi key={i}>{part}</bdi> : part));
}
