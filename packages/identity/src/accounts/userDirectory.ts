import type { ChatCore } from '@chasqui/core';
import type { DirectoryEntry } from '@chasqui/db';
import { NotFoundError, type PresenceStatus, type User, ValidationError } from '@chasqui/protocol';
import { findUsers } from './findUsers';
import type { IdentityStore } from '../identityStore';

/**
 * Reads presence over all devices and nodes (D10). Never throws and never blocks for long; unknown
 * means offline.
 */
export interface PresenceReader {
  statusOf(userIds: string[]): Promise<Map<string, PresenceStatus>>;
}

/** Users as visible to `viewerId`. */
export type Profile = Omit<DirectoryEntry, 'usernameKey'>;

export interface UserDirectory {
  /** Throws NotFoundError. */
  present(viewerId: string, rows: Profile[]): Promise<User[]>;
  /**
   * A page of users whose user name or display name matches the query (findUsers.ts), ordered by
   * user name.
   */
  read(viewerId: string, userId: string): Promise<User>;
  /** Users always see their own presence. */
  find(
    viewerId: string,
    request: { query?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ users: User[]; next_cursor: string | null }>;
}

interface Deps {
  store: IdentityStore;
  core: Pick<ChatCore, 'members'>;
  presence: PresenceReader;
}

export function createUserDirectory({ store, core, presence }: Deps): UserDirectory {
  async function present(viewerId: string, rows: Profile[]): Promise<User[]> {
    const others = rows.map(({ id }) => id).filter((id) => id !== viewerId);
    const visible =
      others.length === 0
        ? new Set<string>()
        : new Set(await core.members.sharesConversation(viewerId, others));
    // Everybody may know about themselves.
    visible.add(viewerId);
    const asked = rows.map(({ id }) => id).filter((id) => visible.has(id));
    const statuses = await presence.statusOf(asked);
    return rows.map((row) => ({
      id: row.id,
      username: row.username,
      display_name: row.displayName,
      created_at: row.createdAt.toISOString(),
      presence:
        row.deletedAt === null && visible.has(row.id)
          ? {
              status: statuses.get(row.id) ?? 'offline',
              last_seen_at: row.lastSeenAt?.toISOString() ?? null,
            }
          : null,
    }));
  }

  return {
    present,
    async read(viewerId, userId) {
      const row = await store.users.findByPk(userId);
      if (!row) throw new NotFoundError();
      const [user] = await present(viewerId, [row]);
      if (!user) throw new NotFoundError();
      return user;
    },
    async find(viewerId, { query, limit, cursor }) {
      const after = cursor === undefined ? '' : readCursor(cursor);
      const rows = await findUsers(store, { query, after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return {
        users: await present(viewerId, page),
        next_cursor: last ? Buffer.from(last.usernameKey).toString('base64url') : null,
      };
    },
  };
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (Buffer.from(key).toString('base64url') !== cursor || key.includes('\0')) {
    throw new ValidationError('the cursor is not of this list; start over without one', [
      { path: 'cursor', message: 'must be a cursor of an earlier answer' },
    ]);
  }
  return key;
}
