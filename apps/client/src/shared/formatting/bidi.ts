/**
 * Wraps a name in bidi isolates (U+2068, U+2069), so that its direction does not affect the surrounding text. For
 * attributes such as `title`, and for `BidiText`. Names cannot contain these characters (`nameForm`).
 */
export function isolateBidi(name: string): string {
  return `\u2068${name}\u2069`;
}
