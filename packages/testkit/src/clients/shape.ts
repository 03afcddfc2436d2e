import { isDeepStrictEqual } from 'node:util';

/**
 * Whether what came is what its schema makes of it: no field too many, and none missing. An older server may leave out
 * fields for which the schema has a default, but still sends none that the schema does not know.
 */
export function hasShape(parsed: unknown, came: unknown, olderServer = false): boolean {
  return olderServer ? isWithin(came, parsed) : isDeepStrictEqual(parsed, came);
}

function isWithin(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) &&
      part.length === whole.length &&
      part.every((one, i) => isWithin(one, whole[i]))
    );
  }
  if (typeof part !== 'object' || part === null) return Object.is(part, whole);
  if (typeof whole !== 'object' || whole === null) return false;
  const known = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(
    ([name, value]) => known.has(name) && isWithin(value, known.get(name)),
  );
}
