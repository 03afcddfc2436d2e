import { decodePlace, encodePlace } from '@chasqui/core';
import { type Database, nameQuery } from '@chasqui/db';
import type { AdministeredUser, InstanceRole } from '@chasqui/protocol';

/** The users of the instance as administrators see them, latest first. */
export interface People {
  /** Those whose user name or display name contains the query. Throws ValidationError for a cursor of another list. */
  list(page: {
    query?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ users: AdministeredUser[]; next_cursor: string | null }>;
}

const LIST = 'people';
const SELECT_PEOPLE = `SELECT u.id, u.username, u.display_name, u.created_at, u.last_seen_at, r.role, x.suspended_at,
    (SELECT count(*)::int FROM sessions s
     WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > now())
  FROM users u
  LEFT JOIN instance_roles r ON r.user_id = u.id
  LEFT JOIN suspensions x ON x.user_id = u.id
  WHERE u.deleted_at IS NULL AND ($1::text IS NULL OR u.search LIKE $1::text
      OR u.search_grams @> $5::integer[] AND position($6::text in u.search_key) > 0)
    AND ($2::timestamptz IS NULL OR (u.created_at, u.id) < ($2::timestamptz, $3::uuid))
  ORDER BY u.created_at DESC, u.id DESC LIMIT $4::int`;

type Row = [string, string, string, Date, Date | null, InstanceRole | null, Date | null, number];

export function createPeople(db: Database): People {
  return {
    async list({ query, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodePlace(LIST, cursor);
      const asked = query === undefined ? null : nameQuery(query);
      const rows = await db.query('administered_people', SELECT_PEOPLE, [
        query === undefined ? null : `%${query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`,
        ...[after?.at ?? null, after?.id ?? null, limit + 1],
        // Nothing matches a query in which nothing can be searched for.
        ...[asked?.grams ?? [-1], asked?.part ?? ' '],
      ]);
      const users = (rows as Row[]).slice(0, limit).map(toUser);
      const last = rows.length > limit ? users.at(-1) : undefined;
      return {
        users,
        next_cursor: last ? encodePlace(LIST, Date.parse(last.created_at), last.id) : null,
      };
    },
  };
}

function toUser([id, username, name, created, seen, role, suspended, sessions]: Row) {
  return {
    ...{ id, username, display_name: name, role, session_count: sessions },
    created_at: created.toISOString(),
    last_seen_at: seen?.toISOString() ?? null,
    suspended_at: suspended?.toISOString() ?? null,
  };
}
