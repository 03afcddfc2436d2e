import { type Database, guarded } from '@chasqui/db';
import type { ExportRecord } from '@chasqui/protocol';
import { isoTime } from '../../messages/messageRows';

const AT_ONCE = 200;
const FIRST = '00000000-0000-0000-0000-000000000000';

const RECEIVED = `SELECT r.id, r.kind, extract(epoch FROM r.created_at)::float8, r.conversation_id, r.from_id, r.state
  FROM requests r WHERE r.to_id = $1::uuid AND r.id > $2::uuid ORDER BY r.id LIMIT $3`;
const SENT = `SELECT r.id, r.kind, extract(epoch FROM r.created_at)::float8, r.conversation_id, r.to_id
  FROM requests r WHERE r.from_id = $1::uuid AND r.id > $2::uuid ORDER BY r.id LIMIT $3`;

/**
 * Pages of the requests that a user received, with their answers, and of those they sent, without answers: an export
 * must not reveal that a recipient declined.
 */
export async function* exportRequests(
  db: Database,
  userId: string,
): AsyncGenerator<ExportRecord[]> {
  yield* paged(
    (after) => db.query('received_to_export', RECEIVED, [userId, after, AT_ONCE]),
    (row) => {
      const [id, kind, at, conversation_id, from, state] = row as [...Common, string];
      const created_at = isoTime(at);
      return { record: 'request_received', id, kind, created_at, conversation_id, from, state };
    },
  );
  yield* paged(
    (after) => db.query('sent_to_export', SENT, [userId, after, AT_ONCE]),
    (row) => {
      const [id, kind, at, conversation_id, to] = row as Common;
      return { record: 'request_sent', id, kind, created_at: isoTime(at), conversation_id, to };
    },
  );
}

type Common = [
  id: string,
  kind: 'contact' | 'group',
  at: number,
  conversationId: string,
  otherId: string,
];

async function* paged(
  read: (after: string) => Promise<unknown[][]>,
  toRecord: (row: unknown[]) => ExportRecord,
): AsyncGenerator<ExportRecord[]> {
  for (let after = FIRST; ;) {
    const rows = await guarded(() => read(after));
    yield rows.map(toRecord);
    if (rows.length < AT_ONCE) return;
    after = String(rows.at(-1)?.[0]);
  }
}
