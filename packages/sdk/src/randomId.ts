/** What is asked of the platform: `crypto`, of which pages without HTTPS are given less. */
interface Randomness {
  randomUUID?: () => string;
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array;
}

/** A UUID of version 4 that nobody else makes. Browsers keep `crypto.randomUUID` from pages that came without HTTPS. */
export function randomId(from: Randomness = crypto): string {
  if (from.randomUUID !== undefined) return from.randomUUID();
  const hex = Array.from(from.getRandomValues(new Uint8Array(16)), (byte, i) => {
    // The version, and the variant of the layout (RFC 9562).
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
