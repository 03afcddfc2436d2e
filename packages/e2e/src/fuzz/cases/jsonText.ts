/** Text that is inserted into JSON unchanged, valid or not. */
export class RawText {
  constructor(readonly text: string) {}
}

/** Writes JSON that JSON.stringify cannot produce: raw text, and keys such as `__proto__`. */
export function jsonText(value: unknown): string {
  if (value instanceof RawText) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, one]) => `${JSON.stringify(key)}:${jsonText(one)}`,
    );
    return `{${fields.join(',')}}`;
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** The same for paths, queries and headers. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value);
}
