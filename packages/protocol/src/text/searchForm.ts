/**
 * The form by which names are compared in a search, in browsers and on servers alike: compatibility forms and case
 * folded (ΣΑΣ, Σας and σασ are one, so are İ, I, ı and i, and ß and SS), invisible characters left out, white space
 * single. PostgreSQL's lower() is not used: its result depends on the locale of the database. A second call changes
 * nothing. May be empty, and up to 18 times as long as the text.
 */
export function searchForm(text: string): string {
  return foldCase(foldCase(text))
    .replace(/[\s\p{Z}]+/gu, ' ')
    .trim();
}

/** Upper case first: it joins what has one capital (ς and σ, ı and i) and expands what has none (ß). */
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
