import { type DirectoryEntry, directoryStatements, nameQuery } from '@chasqui/db';
import type { IdentityStore } from '../identityStore';

interface Request {
  query: string | undefined;
  /** The name key of the last user of the page before; empty for the first page. */
  after: string;
  limit: number;
}

/**
 * Users whose user name or display name contains the query, in order of user name; all of them without a query. One or
 * two characters match the beginnings of words.
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

/** What is searched for is a text, not a pattern. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
