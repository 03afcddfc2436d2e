/** Something that stands in JSON as it is written here, whether or not it is JSON. */
export class RawText {
  constructor(readonly text: string) {}
}

/** JSON as an attacker writes it: with what no JavaScript value becomes, and with every key that is named. */
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

/** The same where there is no JSON: in a path, a query, a header. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value);
}
