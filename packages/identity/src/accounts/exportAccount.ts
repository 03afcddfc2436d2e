import type { ChatCore } from '@chasqui/core';
import { exportStatements } from '@chasqui/db';
import { EXPORT_VERSION, type ExportRecord, UnauthorizedError } from '@chasqui/protocol';
import type { IdentityStore } from '../identityStore';

interface Deps {
  store: IdentityStore;
  core: Pick<ChatCore, 'accounts' | 'blocks' | 'consent'>;
}

const BLOCKS_AT_ONCE = 100;

/**
 * Exports everything stored about a user, one page of records at a time, each read on demand. Other
 * users keep writing meanwhile: an entry that existed at the start, and is still readable when its
 * page is read, appears exactly once. Passwords, tokens and their hashes are never exported. Throws
 * UnauthorizedError if the account no longer exists.
 */
export async function* exportAccount(
  { store, core }: Deps,
  userId: string,
): AsyncGenerator<ExportRecord[]> {
  const user = await store.users.findByPk(userId);
  if (user?.deletedAt !== null) throw new UnauthorizedError();
  let records = 0;
  const pages = async function* (): AsyncGenerator<ExportRecord[]> {
    const begun_at = new Date().toISOString();
    yield [{ record: 'export', version: EXPORT_VERSION, user_id: userId, begun_at }];
    const { id, username, email, displayName: display_name } = user;
    const last_seen_at = user.lastSeenAt?.toISOString() ?? null;
    const created_at = user.createdAt.toISOString();
    yield [{ record: 'profile', id, username, email, display_name, created_at, last_seen_at }];
    yield await signInRecords(store, userId);
    yield [{ record: 'privacy', ...(await core.consent.readPrivacy(userId)) }];
    yield* core.accounts.exportRequests(userId);
    let cursor: string | undefined;
    do {
      const page = { limit: BLOCKS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) };
      const { items, nextCursor } = await core.blocks.list(userId, page);
      yield items.map((block) => ({ record: 'block', ...block }));
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
    yield* core.accounts.exportConversations(userId);
  };
  for await (const page of pages()) {
    if (page.length === 0) continue;
    records += page.length;
    yield page;
  }
  yield [{ record: 'end', records: records + 1 }];
}

/** External identities, sessions and devices: few enough for one page. */
async function signInRecords({ db }: IdentityStore, userId: string): Promise<ExportRecord[]> {
  const identities = await exportStatements.externalIdentitiesOfUser.rows(db, userId);
  const sessions = await exportStatements.allSessionsOfUser.rows(db, userId);
  const devices = await exportStatements.devicesOfUser.rows(db, userId);
  return [
    ...identities.map(({ issuer, subject, createdAt }): ExportRecord => {
      return { record: 'external_identity', issuer, subject, created_at: createdAt.toISOString() };
    }),
    ...sessions.map((session): ExportRecord => ({
      ...{ record: 'session', id: session.id, user_agent: session.userAgent },
      created_at: session.createdAt.toISOString(),
      last_seen_at: session.lastSeenAt?.toISOString() ?? null,
      expires_at: session.expiresAt.toISOString(),
      revoked_at: session.revokedAt?.toISOString() ?? null,
    })),
    ...devices.map((device): ExportRecord => ({
      ...{ record: 'device', device_id: device.deviceId, session_id: device.sessionId },
      created_at: device.createdAt.toISOString(),
      last_seen_at: device.lastSeenAt.toISOString(),
    })),
  ];
}
