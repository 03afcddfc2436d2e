import { columns, type Database, number, type RawRow, statement, text } from '@chasqui/db';
import { entryOf } from '../../events/entry';
import { membershipOf } from '../../members/rows/membershipOf';
import { columnsOf, STATUS, storedAt, toMessage } from '../../messages/messageRows';
import type { Entry } from '../../ports/index';

/** A device's position in a conversation with entries for it. */
export interface BacklogConversation {
  conversationId: string;
  /** The device has acknowledged up to here; later entries are due. */
  position: number;
  lastSeq: number;
}

// Conversations changed since the device's clean position: the open ones, and those closed since (R5).
const CHANGED = `SELECT s.conversation_id, min(s.from_seq) AS from_seq FROM (
    SELECT o.conversation_id, o.from_seq FROM participants o WHERE uuid_send(o.user_id) = uuid_send($1::uuid) AND o.open
    UNION ALL
    SELECT l.conversation_id, l.from_seq FROM changes l
    WHERE l.user_id = $1 AND l.closed_pos > (
      SELECT d.clean_pos FROM devices d WHERE d.user_id = $1 AND d.device_no = $2)
  ) s GROUP BY s.conversation_id`;

const backlog = statement(
  'device_backlog',
  `SELECT b.conversation_id, b.position, b.last_seq FROM (
    SELECT n.conversation_id, c.last_seq,
      greatest(coalesce((p.cursors ->> ($2::integer)::text)::bigint, n.from_seq), p.joined_seq - 1) AS position
    FROM (${CHANGED}) n
    ${membershipOf('n.conversation_id')} p ON true
    JOIN conversations c ON c.id = n.conversation_id
  ) b
  WHERE b.position < b.last_seq
  ORDER BY (SELECT m.created_at FROM messages m
    WHERE m.conversation_id = b.conversation_id AND m.seq = b.position + 1), b.conversation_id`,
  columns<BacklogConversation>({ conversationId: text, position: number, lastSeq: number }),
);

/** The conversations in which a device has unacknowledged entries, the one with the oldest entry first (D4, D5, D12). */
export function readBacklog(
  db: Database,
  userId: string,
  deviceNo: number,
): Promise<BacklogConversation[]> {
  return backlog.rows(db, userId, deviceNo);
}

export interface PositionQuestion {
  userId: string;
  deviceNo: number;
  conversationId: string;
}

// A resting conversation without changes has been acknowledged completely.
const positions = statement(
  'device_positions',
  `SELECT i.ord, greatest(coalesce(
      (p.cursors ->> i.device_no::text)::bigint,
      least(CASE WHEN p.open THEN p.from_seq END, (
        SELECT min(l.from_seq) FROM changes l
        WHERE l.user_id = i.user_id AND l.conversation_id = i.conversation_id AND l.closed_pos > (
          SELECT d.clean_pos FROM devices d WHERE d.user_id = i.user_id AND d.device_no = i.device_no))),
      c.last_seq), p.joined_seq - 1), c.last_seq
  FROM unnest($1::uuid[], $2::integer[], $3::uuid[]) WITH ORDINALITY AS i (user_id, device_no, conversation_id, ord)
  JOIN participants p ON p.conversation_id = i.conversation_id AND p.user_id = i.user_id
  JOIN conversations c ON c.id = i.conversation_id`,
  columns({ ord: number, position: number, lastSeq: number }),
);

/** The positions of devices in single conversations; undefined if the user is not a participant. */
export async function readPositions(
  db: Database,
  questions: PositionQuestion[],
): Promise<({ position: number; lastSeq: number } | undefined)[]> {
  const rows = await positions.rows(
    db,
    questions.map(({ userId }) => userId),
    questions.map(({ deviceNo }) => deviceNo),
    questions.map(({ conversationId }) => conversationId),
  );
  const answers = new Array<{ position: number; lastSeq: number } | undefined>(questions.length);
  for (const { ord, position, lastSeq } of rows) {
    answers[ord - 1] = { position, lastSeq };
  }
  return answers;
}

// If the recipient has not received another user's message, its status is 'sent' without checking other recipients. Seq
// has no gaps, so a page is a range, and no plan reads more than the page (D12).
const entriesAfter = statement(
  'entries_after',
  `SELECT ${columnsOf('m.ord::integer')},
    CASE WHEN m.sender_id = $1 OR m.delivered_seq >= m.seq THEN ${STATUS} END
  FROM (
    SELECT i.ord, p.delivered_seq, e.*
    FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY AS i (conversation_id, after_seq, ord)
    ${membershipOf('i.conversation_id')} p ON true
    CROSS JOIN LATERAL (
      SELECT * FROM messages x
      WHERE x.conversation_id = i.conversation_id AND x.seq > greatest(i.after_seq, p.joined_seq - 1)
        AND x.seq <= greatest(i.after_seq, p.joined_seq - 1) + $4
    ) e
  ) m ORDER BY m.ord, m.seq`,
  // A row names its conversation by the place in the parameter, which is shorter than an id.
  (row: RawRow) => ({ ord: number(row[1]), row: [...row] }),
);

/**
 * The next entries of several conversations for one user, ascending, at most `limit` per conversation. Conversations in
 * which the user is not a participant return nothing (D9).
 */
export async function readEntries(
  db: Database,
  userId: string,
  after: { conversationId: string; seq: number }[],
  limit: number,
): Promise<Map<string, Entry[]>> {
  const rows = await entriesAfter.rows(
    db,
    userId,
    after.map(({ conversationId }) => conversationId),
    after.map(({ seq }) => seq),
    limit,
  );
  const pages = new Map<string, Entry[]>();
  for (const { ord, row } of rows) {
    const conversationId = after[ord - 1]?.conversationId ?? '';
    row[1] = conversationId;
    const entry = entryOf(toMessage(row), storedAt(row));
    const page = pages.get(conversationId);
    if (page === undefined) pages.set(conversationId, [entry]);
    else page.push(entry);
  }
  return pages;
}
