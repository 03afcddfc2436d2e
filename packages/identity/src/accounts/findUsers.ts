import { type DirectoryEntry, directoryStatements, nameQuery } from '@chasqui/db';
import type { IdentityStore } from '../identityStore';

interface Request {
  query: string | undefined;
  /** The name key of the last user on the previous page; empty for the first page. */
  after: string;
  limit: number;
}

/**
 * Finds users whose user name or display name contains the query, ordered by user name; all users
 * without a query. One or two characters match only the start of words.
 */
export async function findUsers(
  { db }: Pick<IdentityStore, 'db'>,
  { query, after, limit }: Request,
): Promise<DirectoryEntry[]> {
  if (query === undefined) return directoryStatements.usersAfter.rows(db, after, limit);
  const asked = nameQuery(query);
  if (asked === null) return [];
  const like = `%${escapeLike(query.toLowerCase())}%`;
  const values = [after, limit, asked.grams, asked.part, like];
  const nearby = await directoryStatements.nearbyMatches.rows(db, ...values);
  return nearby.length === limit ? nearby : directoryStatements.allMatches.rows(db, ...values);
}

/** The search term is literal text, not a pattern. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
