import { isDeepStrictEqual } from 'node:util';

/**
 * Whether data equals what its schema parsed from it: no extra field and none missing. An older server may omit
 * fields with defaults, but must not send unknown ones.
 */
export function hasShape(parsed: unknown, received: unknown, olderServer = false): boolean {
  return olderServer ? isWithin(received, parsed) : isDeepStrictEqual(parsed, received);
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
