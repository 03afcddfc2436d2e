import { searchForm } from '@chasqui/protocol';

/** The search form of a user's names. */
export interface SearchColumns {
  /** User name and display name in search form, separated by a line break, so that no query spans both. */
  searchKey: string;
  /** Distinct hashes of every three consecutive characters, and of the first one and two of every word. */
  searchGrams: number[];
}

/**
 * Maximum number of grams of a query. More would hardly narrow the candidates, and the key is compared anyway.
 */
const QUERY_GRAMS_MAX = 12;

/** A word starts where a run of letters and digits starts; any other character is a word by itself. */
const IN_WORD = /[\p{L}\p{M}\p{N}]/u;
/** Scripts without spaces between words: each character starts a word. */
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Computes the columns of a user, always in the server: PostgreSQL folds case by its locale. */
export function searchColumns(username: string, displayName: string): SearchColumns {
  const parts = [searchForm(username), searchForm(displayName)];
  const grams = parts.flatMap((part) => [...triples(part), ...wordStarts(part)]);
  return { searchKey: parts.join('\n'), searchGrams: hashed(grams) };
}

/** A search for users: the grams that they must have, and the text that their key must contain. */
export interface NameQuery {
  grams: number[];
  part: string;
}

/**
 * Three or more characters match anywhere in a name, one or two at the start of its words, so every query uses the
 * index. Returns null for a query that can match no name.
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

/** A line break marks the start of a word, because names contain none. */
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

/**
 * FNV-1a as PostgreSQL's integer: rows stay short, and a collision only adds a candidate. Stored, so it must never
 * change.
 */
function hash(gram: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < gram.length; i += 1) {
    value = Math.imul(value ^ gram.charCodeAt(i), 0x01000193);
  }
  return value | 0;
}
