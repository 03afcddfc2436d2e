import { columns, type Database, guarded, oneOf, statement, text } from '@chasqui/db';
import type { ExportRecord } from '@chasqui/protocol';
import { isoSeconds } from '../../messages/messageRows';

const AT_ONCE = 200;
const FIRST = '00000000-0000-0000-0000-000000000000';

const common = {
  id: text,
  kind: oneOf('contact', 'group'),
  created_at: isoSeconds,
  conversation_id: text,
};

const received = statement(
  'received_to_export',
  `SELECT r.id, r.kind, extract(epoch FROM r.created_at)::float8, r.conversation_id, r.from_id, r.state
   FROM requests r WHERE r.to_id = $1::uuid AND r.id > $2::uuid ORDER BY r.id LIMIT $3`,
  columns({ ...common, from: text, state: text }),
);

const sent = statement(
  'sent_to_export',
  `SELECT r.id, r.kind, extract(epoch FROM r.created_at)::float8, r.conversation_id, r.to_id
   FROM requests r WHERE r.from_id = $1::uuid AND r.id > $2::uuid ORDER BY r.id LIMIT $3`,
  columns({ ...common, to: text }),
);

/**
 * Pages of the requests that a user received, with their answers, and of those they sent, without answers: an export
 * must not reveal that a recipient declined.
 */
export async function* exportRequests(
  db: Database,
  userId: string,
): AsyncGenerator<ExportRecord[]> {
  yield* paged(
    (after) => received.rows(db, userId, after, AT_ONCE),
    (row) => ({ record: 'request_received', ...row }),
  );
  yield* paged(
    (after) => sent.rows(db, userId, after, AT_ONCE),
    (row) => ({ record: 'request_sent', ...row }),
  );
}

async function* paged<Row extends { id: string }>(
  read: (after: string) => Promise<Row[]>,
  toRecord: (row: Row) => ExportRecord,
): AsyncGenerator<ExportRecord[]> {
  for (let after: string | undefined = FIRST; after !== undefined;) {
    const from: string = after;
    const rows = await guarded(() => read(from));
    yield rows.map(toRecord);
    after = rows.length < AT_ONCE ? undefined : rows.at(-1)?.id;
  }
}
