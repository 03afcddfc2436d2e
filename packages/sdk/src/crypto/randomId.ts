/** The part of `crypto` used here. Pages without HTTPS have no `randomUUID`. */
export interface Randomness {
  randomUUID?: () => string;
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array;
}

/** Returns a random UUID of version 4, also on pages without HTTPS. */
export function randomId(from: Randomness = crypto): string {
  if (from.randomUUID !== undefined) return from.randomUUID();
  const hex = Array.from(from.getRandomValues(new Uint8Array(16)), (byte, i) => {
    // Version and variant bits (RFC 9562).
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
