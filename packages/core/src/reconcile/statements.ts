import { columns, listOf, nullable, number, type RawRow, statement, text } from '@chasqui/db';
import { COLUMNS, MESSAGE_WIDTH, STATUS, toMessage } from '../messages/messageRows';
import { ANNOUNCED_BACK } from '../retention/announceTombstones';

/** Where a poll of the change logs of this node's users starts. */
export interface Since {
  /** Seconds since 1970 by the clock of PostgreSQL. */
  at: number;
  /** Position in the change logs. */
  pos: number;
}

/** Changes from this time on count as new; parameter 2. */
const MARGIN = `to_timestamp($2)`;

/**
 * Memberships of the users in parameter 1 that may have changes, with the position from which they changed (R5): the
 * open ones, and those closed since the position in parameter 3. A sync or another device may have closed a membership
 * before this node's connections received its changes.
 */
const CHANGED_MEMBERSHIPS = `SELECT p.user_id, p.conversation_id, p.joined_seq, p.joined_at, p.read_at,
    min(s.from_version) AS from_version, min(s.from_seq) AS from_seq
  FROM (
    SELECT o.user_id, o.conversation_id, o.from_version, o.from_seq
    FROM unnest($1::uuid[]) AS u (id)
    CROSS JOIN LATERAL (
      SELECT x.* FROM participants x WHERE uuid_send(x.user_id) = uuid_send(u.id) AND x.open OFFSET 0
    ) o
    UNION ALL
    SELECT l.user_id, l.conversation_id, l.from_version, l.from_seq
    FROM changes l WHERE l.user_id = ANY ($1::uuid[]) AND l.closed_pos > $3 AND l.closed_at > ${MARGIN}
  ) s
  JOIN participants p ON p.conversation_id = s.conversation_id AND p.user_id = s.user_id
  GROUP BY p.conversation_id, p.user_id`;

export const currentPlace = statement(
  'now',
  `SELECT extract(epoch FROM clock_timestamp())::float8, (SELECT last_value FROM change_pos)`,
  columns<Since>({ at: number, pos: number }),
);

export const newEntries = statement(
  'recheck_entries',
  `SELECT w.user_id, w.conversation_id, c.last_seq
   FROM (${CHANGED_MEMBERSHIPS}) w JOIN conversations c ON c.id = w.conversation_id
   WHERE c.updated_at > ${MARGIN}`,
  columns({ userId: text, conversationId: text, lastSeq: number }),
);

export const removedMembers = statement(
  'repair_removed',
  `SELECT l.user_id, l.conversation_id, l.closed_pos, c.members_version
   FROM changes l JOIN conversations c ON c.id = l.conversation_id
   WHERE l.user_id = ANY ($1::uuid[]) AND l.closed_pos > $3 AND l.closed_at > ${MARGIN} AND l.removed
     AND NOT EXISTS (SELECT FROM participants p
       WHERE p.conversation_id = l.conversation_id AND p.user_id = l.user_id)`,
  columns({ userId: text, conversationId: text, pos: number, membersVersion: number }),
);

export const joinedMembers = statement(
  'repair_joined',
  `SELECT w.user_id, w.conversation_id, w.joined_seq, c.members_version
   FROM (${CHANGED_MEMBERSHIPS}) w JOIN conversations c ON c.id = w.conversation_id
   WHERE w.joined_at > ${MARGIN}`,
  columns({ userId: text, conversationId: text, joinedSeq: number, membersVersion: number }),
);

/** Groups with a new event. The users are in the order of joining, the latest first: they may see the least (D9). */
export const alteredGroups = statement(
  'repair_altered',
  `SELECT c.id, c.version, w.user_ids FROM (
     SELECT n.conversation_id, min(n.from_seq) AS from_seq, array_agg(n.user_id ORDER BY n.joined_seq DESC) AS user_ids
     FROM (${CHANGED_MEMBERSHIPS}) n GROUP BY n.conversation_id
   ) w JOIN conversations c ON c.id = w.conversation_id AND c.type = 'group' AND c.updated_at > ${MARGIN}
   WHERE EXISTS (SELECT FROM (
       SELECT * FROM messages x WHERE x.conversation_id = c.id AND x.seq > w.from_seq ORDER BY x.seq DESC LIMIT 1000
     ) m WHERE m.kind = 'event' AND m.created_at > ${MARGIN})`,
  columns({ conversationId: text, version: number, userIds: listOf(text) }),
);

const members = listOf((value) => {
  const [userId = '', joinedSeq] = text(value).split(' ');
  return { userId, joinedSeq: Number(joinedSeq) };
});

/** Tombstones are replayed only as far back as they are announced by events. Older ones are found by sync. */
export const changedMessages = statement(
  'repair_changed',
  `SELECT ${COLUMNS}, ${STATUS}, w.members FROM (
     SELECT n.conversation_id, min(n.from_version) AS from_version,
       array_agg(n.user_id || ' ' || n.joined_seq) AS members
     FROM (${CHANGED_MEMBERSHIPS}) n GROUP BY n.conversation_id
   ) w JOIN conversations c ON c.id = w.conversation_id
   JOIN messages m ON m.conversation_id = w.conversation_id AND m.version > w.from_version
     AND m.changed_at > ${MARGIN} AND (m.deleted_at IS NULL OR m.seq + 0 > c.last_seq - ${ANNOUNCED_BACK})`,
  (row: RawRow) => ({ message: toMessage(row), members: members(row[MESSAGE_WIDTH]) }),
);

/** The author's latest message that the other user has received or read, among the last thousand entries. */
function furthest(kind: 'delivered' | 'read'): string {
  return `LEFT JOIN LATERAL (
    SELECT e.id, e.seq FROM (
      SELECT * FROM messages x WHERE x.conversation_id = v.conversation_id AND x.seq <= v.${kind}_seq
      ORDER BY x.seq DESC LIMIT 1000
    ) e WHERE e.sender_id = w.user_id AND e.kind = 'message' AND e.seq >= v.joined_seq ORDER BY e.seq DESC LIMIT 1
  ) ${kind} ON true`;
}

/** How far another user has received and read the messages of an author; null where nothing was received or read. */
export const movedReceipts = statement(
  'repair_receipts',
  `SELECT w.user_id, v.conversation_id, v.user_id, delivered.id, delivered.seq, extract(epoch FROM v.delivered_at)::float8,
     read.id, read.seq, extract(epoch FROM v.read_at)::float8
   FROM (${CHANGED_MEMBERSHIPS}) w
   JOIN participants v ON v.conversation_id = w.conversation_id AND v.user_id <> w.user_id
     AND v.moved_pos > $3 AND greatest(v.delivered_at, v.read_at) > ${MARGIN}
   ${furthest('delivered')} ${furthest('read')}`,
  columns({
    authorId: text,
    conversationId: text,
    userId: text,
    deliveredId: nullable(text),
    deliveredSeq: nullable(number),
    deliveredAt: nullable(number),
    readId: nullable(text),
    readSeq: nullable(number),
    readAt: nullable(number),
  }),
);

export const readMemberships = statement(
  'repair_read',
  `SELECT w.user_id, w.conversation_id FROM (${CHANGED_MEMBERSHIPS}) w WHERE w.read_at > ${MARGIN}`,
  columns({ userId: text, conversationId: text }),
);

export const openRequests = statement(
  'repair_requests',
  `SELECT r.to_id, r.conversation_id, c.version
   FROM requests r JOIN conversations c ON c.id = r.conversation_id
   WHERE r.to_id = ANY ($1::uuid[]) AND r.state = 'open'
     AND (r.created_at > ${MARGIN} OR (r.kind = 'contact' AND c.updated_at > ${MARGIN}))`,
  columns({ userId: text, conversationId: text, version: number }),
);
