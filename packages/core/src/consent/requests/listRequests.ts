import { type Database, guarded } from '@chasqui/db';
import {
  NotFoundError,
  type OpenedRequest,
  type Request,
  REQUEST_MESSAGES_MAX,
} from '@chasqui/protocol';
import { jsonRows } from '../../conversations/read/jsonRows';
import { decodePlace, encodePlace } from '../../paging/pagePlace';
import type { Page, PageRequest } from '../../paging/page';
import { COLUMNS, isoTime, toMessage } from '../../messages/messageRows';

// Hides contact requests without a message and those in a barred conversation, and invitations whose sender has left
// the group.
const IS_SHOWN = `r.state = 'open' AND CASE r.kind
  WHEN 'contact' THEN c.barred IS NULL AND c.requested_id = r.to_id AND EXISTS (
    SELECT FROM messages m WHERE m.conversation_id = c.id AND m.seq <= ${REQUEST_MESSAGES_MAX} AND m.kind = 'message')
  ELSE EXISTS (SELECT FROM participants p WHERE p.conversation_id = r.conversation_id AND p.user_id = r.from_id) END`;
// Needs no LIMIT: a conversation takes only a few messages before it is accepted.
const MESSAGES = `SELECT m.*, 'sent' AS status FROM messages m
  WHERE r.kind = 'contact' AND m.conversation_id = r.conversation_id AND m.seq <= ${REQUEST_MESSAGES_MAX}
    AND m.kind = 'message'`;
const REQUEST = `'id', r.id, 'kind', r.kind, 'created_at', extract(epoch FROM r.created_at)::float8,
  'from', json_build_object('user_id', u.id, 'username', u.username, 'display_name', u.display_name),
  'conversation_id', r.conversation_id, 'title', CASE WHEN r.kind = 'group' THEN c.title END,
  'member_count', CASE WHEN r.kind = 'group' THEN c.participant_count END`;

const LIST = `SELECT json_build_object(${REQUEST},
    'message_count', (SELECT count(*) FROM (${MESSAGES}) m WHERE m.deleted_at IS NULL),
    'messages', (SELECT coalesce(json_agg(json_build_array(${COLUMNS}, m.status)), '[]') FROM (
      ${MESSAGES} ORDER BY m.seq DESC LIMIT 1) m)) AS row
  FROM requests r JOIN conversations c ON c.id = r.conversation_id JOIN users u ON u.id = r.from_id
  WHERE r.to_id = $1::uuid AND ${IS_SHOWN} AND (r.created_at, r.id) < ($2::timestamptz, $3::uuid)
  ORDER BY r.created_at DESC, r.id DESC LIMIT $4::integer`;
const ONE = `SELECT json_build_object(${REQUEST},
    'message_count', (SELECT count(*) FROM (${MESSAGES}) m WHERE m.deleted_at IS NULL),
    'messages', (SELECT coalesce(json_agg(json_build_array(${COLUMNS}, m.status) ORDER BY m.seq), '[]')
      FROM (${MESSAGES}) m)) AS row
  FROM requests r JOIN conversations c ON c.id = r.conversation_id JOIN users u ON u.id = r.from_id
  WHERE r.id = $2::uuid AND r.to_id = $1::uuid AND ${IS_SHOWN}`;

type Row = Omit<Request, 'created_at' | 'last_message'> & {
  created_at: number;
  messages: unknown[][];
};

const BEGINNING = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** The user's open requests, newest first. Throws ValidationError for a cursor of another list. */
export async function listRequests(
  db: Database,
  userId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Request>> {
  const { at, id } = cursor === undefined ? BEGINNING : decodePlace('requests', cursor);
  return guarded(async () => {
    const rows = await jsonRows<Row>(db, 'requests_of', LIST, [userId, at, id, limit + 1]);
    const items = rows.slice(0, limit).map((row) => {
      const { messages: _, ...request } = toOpened(row);
      return request;
    });
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      items,
      nextCursor: more ? encodePlace('requests', Date.parse(last.created_at), last.id) : null,
    };
  });
}

/** An open request with its messages. Throws NotFoundError if it was answered or sent to another user. */
export async function readRequest(
  db: Database,
  userId: string,
  requestId: string,
): Promise<OpenedRequest> {
  return guarded(async () => {
    const [row] = await jsonRows<Row>(db, 'request_of', ONE, [userId, requestId]);
    if (row === undefined) throw new NotFoundError();
    return toOpened(row);
  });
}

function toOpened({ messages: rows, ...row }: Row): OpenedRequest {
  const messages = rows.map(toMessage);
  const last_message = messages.at(-1) ?? null;
  return { ...row, created_at: isoTime(row.created_at), last_message, messages };
}
