/**
 * A sentence with names that `isolated` has marked: each is shown in its own direction, so that a name in Hebrew or
 * Arabic does not reorder the words around it.
 */
export function Sentence({ text }: { text: string }) {
  return text
    .split(/[\u2068\u2069]/)
    .map((part, i) => (i % 2 === 1 ? <bdi key={i}>{part}</bdi> : part));
}
