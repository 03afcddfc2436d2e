/**
 * The form in which names are compared in a search, in browsers and on servers: compatibility forms and case folded (ΣΑΣ,
 * Σας and σασ are equal, and so are İ, I, ı and i, and ß and SS), invisible characters removed, white space collapsed.
 * PostgreSQL's lower() depends on the database's locale and is not used. Idempotent. The result may be empty, and up to 18
 * times as long as the text.
 */
export function searchForm(text: string): string {
  return foldCase(foldCase(text))
    .replace(/[\s\p{Z}]+/gu, ' ')
    .trim();
}

/** Upper case first: it unifies letters with one capital (ς and σ, ı and i) and expands those without (ß). */
function foldCase(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC');
}
