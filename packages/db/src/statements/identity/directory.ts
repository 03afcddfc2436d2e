import { columns, nullable, text, time } from '../columns';
import { statement } from '../statement';

/** The columns of a user that other users may see. */
export interface DirectoryEntry {
  id: string;
  username: string;
  /** Lower case; orders the directory. */
  usernameKey: string;
  displayName: string;
  createdAt: Date;
  lastSeenAt: Date | null;
  deletedAt: Date | null;
}

const entry = columns<DirectoryEntry>({
  id: text,
  username: text,
  usernameKey: text,
  displayName: text,
  createdAt: time,
  lastSeenAt: nullable(time),
  deletedAt: nullable(time),
});

const COLUMNS = 'id, username, username_key, display_name, created_at, last_seen_at, deleted_at';

/** Binds of all three: name key of the last user, limit; of the searches also grams, text and LIKE pattern. */
export const usersAfter = statement(
  'directory',
  `SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1
   ORDER BY username_key LIMIT $2::int`,
  entry,
);

const MATCHES = 'search_grams @> $3::integer[] AND position($4::text in search_key) > 0';
// The search form of some users is not written yet; lower() in the database finds them.
const UNFILLED_MATCHES = 'search_key IS NULL AND search LIKE $5::text';

const NEARBY = 1_000;

/** Compares only the next thousand names: when many match, they fill a page. */
export const nearbyMatches = statement(
  'directory_nearby',
  `SELECT ${COLUMNS} FROM (
     SELECT * FROM users WHERE deleted_at IS NULL AND username_key > $1 ORDER BY username_key LIMIT ${NEARBY}
   ) nearby WHERE (${MATCHES}) OR (${UNFILLED_MATCHES}) ORDER BY username_key LIMIT $2::int`,
  entry,
);

/**
 * When few match, the index of grams finds them all. The concatenation keeps the planner from walking through the names
 * in order, which would read the whole table when the matches come last.
 */
export const allMatches = statement(
  'directory_matches',
  `SELECT ${COLUMNS} FROM (
     (SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1 AND ${MATCHES}
       ORDER BY username_key || '' LIMIT $2::int)
     UNION ALL
     (SELECT ${COLUMNS} FROM users WHERE deleted_at IS NULL AND username_key > $1 AND ${UNFILLED_MATCHES}
       ORDER BY username_key LIMIT $2::int)
   ) found ORDER BY username_key LIMIT $2::int`,
  entry,
);
