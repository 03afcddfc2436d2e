import type { ChatCore } from '@chasqui/core';
import { EXPORT_VERSION, type ExportRecord, UnauthorizedError } from '@chasqui/protocol';
import { QueryTypes } from 'sequelize';
import type { IdentityStore } from '../identityStore';

interface Deps {
  store: IdentityStore;
  core: Pick<ChatCore, 'accounts' | 'blocks' | 'consent'>;
}

const BLOCKS_AT_ONCE = 100;

/**
 * Everything that is kept about a user, a page of records at a time, each read when it is asked for. Others go on
 * writing meanwhile: what was there when it began and may still be read when its page is, is in it once. No password,
 * no token and no hash of one is. Throws UnauthorizedError when there is no such account any more.
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
    yield await signedInFrom(store, userId);
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

/** Sessions, devices and names elsewhere: few enough for one page. */
async function signedInFrom({ db }: IdentityStore, userId: string): Promise<ExportRecord[]> {
  const rows = await db.sequelize.query<{ row: ExportRecord }>(
    `SELECT json_build_object('record', 'external_identity', 'issuer', issuer, 'subject', subject,
       'created_at', ${iso('created_at')}) AS row FROM external_identities WHERE user_id = $1
     UNION ALL
     SELECT json_build_object('record', 'session', 'id', id, 'user_agent', user_agent, 'created_at', ${iso('created_at')},
       'last_seen_at', ${iso('last_seen_at')}, 'expires_at', ${iso('expires_at')}, 'revoked_at', ${iso('revoked_at')})
     FROM sessions WHERE user_id = $1
     UNION ALL
     SELECT json_build_object('record', 'device', 'device_id', device_id, 'session_id', session_id,
       'created_at', ${iso('created_at')}, 'last_seen_at', ${iso('last_seen_at')}) FROM devices WHERE user_id = $1`,
    { bind: [userId], type: QueryTypes.SELECT },
  );
  return rows.map(({ row }) => row);
}

/** SQL for a time as the contract writes it. */
function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
