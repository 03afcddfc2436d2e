import { searchForm } from '@chasqui/protocol';

/** What a user is found by. */
export interface SearchColumns {
  /** User name and display name in their search form, a line break between them: no query spans both. */
  searchKey: string;
  /** Hashes of every three characters in a row, and of the first one and two of every word. Distinct. */
  searchGrams: number[];
}

/** A query has this many grams at most: more narrow the candidates down no further, the key is compared anyway. */
const QUERY_GRAMS_MAX = 12;

/** Words begin where a run of letters and digits does; everything else is a word of one character. */
const IN_WORD = /[\p{L}\p{M}\p{N}]/u;
/** Written without spaces between words: each character begins one. */
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** The columns to write with a user, computed here and nowhere else: PostgreSQL folds case by its locale. */
export function searchColumns(username: string, displayName: string): SearchColumns {
  const parts = [searchForm(username), searchForm(displayName)];
  const grams = parts.flatMap((part) => [...triples(part), ...wordStarts(part)]);
  return { searchKey: parts.join('\n'), searchGrams: hashed(grams) };
}

/** How to ask for users: the grams they must have, and the text their key must contain. */
export interface NameQuery {
  grams: number[];
  part: string;
}

/**
 * Three characters or more are found anywhere in a name, one or two at the beginning of its words: so every query is
 * answered from the index. null for a query that nobody can be found by.
 */
export function nameQuery(query: string): NameQuery | null {
  const part = searchForm(query);
  const characters = [...part];
  if (characters.length === 0) return null;
  if (characters.length < 3) return { grams: hashed([`\n${part}`]), part };
  return { grams: hashed(triples(part)).slice(0, QUERY_GRAMS_MAX), part };
}

function triples(part: string): string[] {
  const characters = [...part];
  return characters.slice(2).map((last, i) => `${characters[i]}${characters[i + 1]}${last}`);
}

/** A line break marks the beginning of a word: no name has one. */
function wordStarts(part: string): string[] {
  const characters = [...part];
  return characters.flatMap((first, i) => {
    const before = characters[i - 1];
    const isInside =
      before !== undefined && IN_WORD.test(before) && IN_WORD.test(first) && !IDEOGRAPH.test(first);
    if (isInside) return [];
    const next = characters[i + 1];
    return next === undefined ? [`\n${first}`] : [`\n${first}`, `\n${first}${next}`];
  });
}

function hashed(grams: string[]): number[] {
  return [...new Set(grams.map(hash))];
}

/** FNV-1a as PostgreSQL's integer: short rows, and a collision only adds a candidate. Stored, so it never changes. */
function hash(gram: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < gram.length; i += 1) {
    value = Math.imul(value ^ gram.charCodeAt(i), 0x01000193);
  }
  return value | 0;
}
