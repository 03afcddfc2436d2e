import { decodePlace, encodePlace } from '@chasqui/core';
import { accountStatements, type Database, nameQuery } from '@chasqui/db';
import type { AdministeredUser } from '@chasqui/protocol';

/** Lists users for administrators, latest first. */
export interface UserAdministration {
  /**
   * Users whose user name or display name contains the query. Throws ValidationError for a cursor
   * of another list.
   */
  list(page: {
    query?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ users: AdministeredUser[]; next_cursor: string | null }>;
}

const LIST = 'people';
export function createUserAdministration(db: Database): UserAdministration {
  return {
    async list({ query, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodePlace(LIST, cursor);
      const asked = query === undefined ? null : nameQuery(query);
      const rows = await accountStatements.usersForAdministrators.rows(
        db,
        query === undefined ? null : `%${query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`,
        ...[after?.at ?? null, after?.id ?? null, limit + 1],
        // A query without searchable characters matches nothing.
        ...[asked?.grams ?? [-1], asked?.part ?? ' '],
      );
      const users = rows.slice(0, limit).map(toUser);
      const last = rows.length > limit ? users.at(-1) : undefined;
      return {
        users,
        next_cursor: last ? encodePlace(LIST, Date.parse(last.created_at), last.id) : null,
      };
    },
  };
}

type Row = Awaited<ReturnType<typeof accountStatements.usersForAdministrators.rows>>[number];

function toUser(user: Row): AdministeredUser {
  return {
    id: user.id,
    username: user.username,
    display_name: user.displayName,
    role: user.role,
    session_count: user.sessionCount,
    created_at: user.createdAt.toISOString(),
    last_seen_at: user.lastSeenAt?.toISOString() ?? null,
    suspended_at: user.suspendedAt?.toISOString() ?? null,
  };
}
