/** No name is longer. Normalizing a long run of combining marks takes quadratic time. */
const LENGTH_MAX = 1_000;

// Embeddings, overrides and isolates: an unclosed one reorders the text after the name.
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * The canonical form of a display name or title: composed (NFC), so that equal-looking spellings are equal, and without
 * bidirectional controls. The marks that Arabic and Hebrew need (U+200E, U+200F, U+061C) stay. Text that is too long for a
 * name is returned unchanged; the length check refuses it.
 */
export function nameForm(text: string): string {
  if (text.length > LENGTH_MAX) return text;
  return text.replace(BIDI_CONTROLS, '').normalize('NFC').trim();
}
