/** No name is longer; normalizing a long run of combining marks takes time that grows with its square. */
const LENGTH_MAX = 1_000;

// Embeddings, overrides and isolates: one that is not closed turns around the text after the name.
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A display name or title as it is kept and shown: composed (NFC), so that two spellings that look alike are one, and
 * without bidirectional controls. The marks that Arabic and Hebrew need (U+200E, U+200F, U+061C) stay. What is too long
 * to be a name comes back as it is, for the check of the length to refuse.
 */
export function nameForm(text: string): string {
  if (text.length > LENGTH_MAX) return text;
  return text.replace(BIDI_CONTROLS, '').normalize('NFC').trim();
}
