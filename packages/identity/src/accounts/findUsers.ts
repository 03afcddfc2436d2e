import { nameQuery, type User as UserRow } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import type { IdentityStore } from '../identityStore';

const COLUMNS = 'id, username, username_key, display_name, created_at, last_seen_at, deleted_at';

const ALL = `SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1
  ORDER BY username_key LIMIT $2`;

const MATCHES = 'search_grams @> $3::integer[] AND position($4 in search_key) > 0';
// Users whose search form a worker is yet to write are found by lower() in the database.
const UNFILLED_MATCHES = 'search_key IS NULL AND search LIKE $5';

// When many names match, a page is full after a few of them: these are compared in their order.
const NEARBY = 1_000;
const AMONG_NEARBY = `SELECT ${COLUMNS} FROM (
    SELECT * FROM users WHERE deleted_at IS NULL AND username_key > $1 ORDER BY username_key LIMIT ${NEARBY}
  ) nearby WHERE (${MATCHES}) OR (${UNFILLED_MATCHES}) ORDER BY username_key LIMIT $2`;

// When few match, the index of grams finds them all. The concatenation keeps the planner from walking through the
// names in order, which would read the whole table when those that match come last.
const AMONG_ALL = `SELECT * FROM (
  (SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1 AND ${MATCHES}
    ORDER BY username_key || '' LIMIT $2)
  UNION ALL
  (SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1 AND ${UNFILLED_MATCHES}
    ORDER BY username_key LIMIT $2)
) found ORDER BY username_key LIMIT $2`;

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
  { users, db }: Pick<IdentityStore, 'users' | 'db'>,
  { query, after, limit }: Request,
): Promise<UserRow[]> {
  const options = { type: QueryTypes.SELECT, model: users, mapToModel: true } as const;
  if (query === undefined) return db.sequelize.query(ALL, { ...options, bind: [after, limit] });
  const asked = nameQuery(query);
  if (asked === null) return [];
  const like = `%${escapeLike(query.toLowerCase())}%`;
  const matching = { ...options, bind: [after, limit, asked.grams, asked.part, like] };
  const nearby = await db.sequelize.query(AMONG_NEARBY, matching);
  return nearby.length === limit ? nearby : db.sequelize.query(AMONG_ALL, matching);
}

/** What is searched for is a text, not a pattern. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
