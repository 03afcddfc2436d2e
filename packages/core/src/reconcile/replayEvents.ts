import type { Database } from '@chasqui/db';
import type { Conversation, ServerEvent } from '@chasqui/protocol';
import { changedEntry } from '../cache/changedEntries';
import {
  conversationCreated,
  conversationUpdatedFor,
  requestsChanged,
} from '../events/conversationEvents';
import { messageUpdated } from '../events/messageEvents';
import { messageStatusUpdated, unreadUpdated } from '../events/receiptEvents';
import type { FanOut } from '../fanout/fanOut';
import type { LocalConnections } from '../fanout/localConnections';
import type { LocalConversations } from '../cache/conversationCache';
import { COLUMNS, isoTime, MESSAGE_WIDTH, STATUS, toMessage } from '../messages/messageRows';
import { MARGIN, NEWS, type Since } from './changedSince';
import { TOLD_BACK } from '../retention/tellTombstones';
import { countUnread } from '../receipts/unread/unreadCounts';

const REMOVED = `SELECT l.user_id, l.conversation_id, l.closed_pos::float8, c.members_version::float8
  FROM changes l JOIN conversations c ON c.id = l.conversation_id
  WHERE l.user_id = ANY ($1::uuid[]) AND l.closed_pos > $3 AND l.closed_at > ${MARGIN} AND l.removed
    AND NOT EXISTS (SELECT FROM participants p
      WHERE p.conversation_id = l.conversation_id AND p.user_id = l.user_id)`;
const JOINED = `SELECT w.user_id, w.conversation_id, w.joined_seq::float8, c.members_version::float8
  FROM (${NEWS}) w JOIN conversations c ON c.id = w.conversation_id
  WHERE w.joined_at > ${MARGIN}`;
// Sent as the latest joiner sees it, because they may see the least (D9).
const ALTERED = `SELECT c.id, c.version::float8, w.user_ids FROM (
    SELECT n.conversation_id, min(n.from_seq) AS from_seq, array_agg(n.user_id ORDER BY n.joined_seq DESC) AS user_ids
    FROM (${NEWS}) n GROUP BY n.conversation_id
  ) w JOIN conversations c ON c.id = w.conversation_id AND c.type = 'group' AND c.updated_at > ${MARGIN}
  WHERE EXISTS (SELECT FROM (
      SELECT * FROM messages x WHERE x.conversation_id = c.id AND x.seq > w.from_seq ORDER BY x.seq DESC LIMIT 1000
    ) m WHERE m.kind = 'event' AND m.created_at > ${MARGIN})`;
// Tombstones are replayed only as far back as they are announced by events. Older ones are found by sync.
const CHANGED = `SELECT ${COLUMNS}, ${STATUS}, w.members FROM (
    SELECT n.conversation_id, min(n.from_version) AS from_version,
      array_agg(n.user_id || ' ' || n.joined_seq) AS members
    FROM (${NEWS}) n GROUP BY n.conversation_id
  ) w JOIN conversations c ON c.id = w.conversation_id
  JOIN messages m ON m.conversation_id = w.conversation_id AND m.version > w.from_version
    AND m.changed_at > ${MARGIN} AND (m.deleted_at IS NULL OR m.seq + 0 > c.last_seq - ${TOLD_BACK})`;
const READ = `SELECT w.user_id, w.conversation_id FROM (${NEWS}) w WHERE w.read_at > ${MARGIN}`;

// The author's latest message that the other user has received or read, among the last thousand entries.
const furthest = (kind: 'delivered' | 'read'): string => `LEFT JOIN LATERAL (
    SELECT e.id, e.seq FROM (
      SELECT * FROM messages x WHERE x.conversation_id = v.conversation_id AND x.seq <= v.${kind}_seq
      ORDER BY x.seq DESC LIMIT 1000
    ) e WHERE e.sender_id = w.user_id AND e.kind = 'message' AND e.seq >= v.joined_seq ORDER BY e.seq DESC LIMIT 1
  ) ${kind} ON true`;
const RECEIPTS = `SELECT w.user_id, v.conversation_id, v.user_id, delivered.id, delivered.seq::float8,
    extract(epoch FROM v.delivered_at)::float8, read.id, read.seq::float8, extract(epoch FROM v.read_at)::float8
  FROM (${NEWS}) w
  JOIN participants v ON v.conversation_id = w.conversation_id AND v.user_id <> w.user_id
    AND v.moved_pos > $3 AND greatest(v.delivered_at, v.read_at) > ${MARGIN}
  ${furthest('delivered')} ${furthest('read')}`;

const REQUESTED = `SELECT r.to_id, r.conversation_id, c.version::float8
  FROM requests r JOIN conversations c ON c.id = r.conversation_id
  WHERE r.to_id = ANY ($1::uuid[]) AND r.state = 'open'
    AND (r.created_at > ${MARGIN} OR (r.kind = 'contact' AND c.updated_at > ${MARGIN}))`;

const REMEMBERED = 20_000;

/**
 * Replays to the users of this node the events since a given time: removals, new memberships, changed groups, changed
 * messages, receipts, unread counts and new requests. Duplicates are harmless: each event carries a state, not a
 * change.
 */
export function createEventRepair(deps: {
  db: Database;
  connections: LocalConnections;
  conversations: LocalConversations;
  readConversation: (userId: string, conversationId: string) => Promise<Conversation>;
  fanOut: Pick<FanOut, 'deliver'>;
}): (users: string[], since: Since) => Promise<void> {
  const { db, connections, conversations } = deps;
  // Polls overlap, so replayed events are remembered and not sent twice.
  const sent = new Set<string>();

  function once(key: string): boolean {
    if (sent.has(key)) return false;
    sent.add(key);
    if (sent.size > REMEMBERED) sent.delete(sent.values().next().value as string);
    return true;
  }

  function send(userId: string, event: ServerEvent): void {
    connections.sendToUser(userId, event);
  }

  function sendMembership(
    conversationId: string,
    membersVersion: number,
    userId: string,
    conversation: Conversation | null,
  ): void {
    const created = conversation === null ? null : conversationCreated([userId], conversation);
    deps.fanOut.deliver({
      ...{ type: 'membership', conversationId, membersVersion, userIds: [userId], created },
    });
  }

  async function repairMemberships(chunk: string, values: unknown[]): Promise<void> {
    for (const row of await db.query('repair_removed', REMOVED, values)) {
      const [userId, conversationId, pos, version] = row as [string, string, number, number];
      if (once(`removed ${userId} ${pos}`)) sendMembership(conversationId, version, userId, null);
    }
    for (const row of await db.query('repair_joined', JOINED, values)) {
      const [userId, id, joinedSeq, version] = row as [string, string, number, number];
      if (!once(`joined ${userId} ${id} ${joinedSeq}`)) continue;
      // The read fails for a user who has left in the meantime. The next poll sends them the removal.
      const conversation = await deps.readConversation(userId, id).catch(() => undefined);
      if (conversation !== undefined) sendMembership(id, version, userId, conversation);
    }
    for (const row of await db.query('repair_altered', ALTERED, values)) {
      const [id, version, userIds] = row as [string, number, string[]];
      const [newest = ''] = userIds;
      if (!once(`altered ${chunk} ${id} ${version}`)) continue;
      const conversation = await deps.readConversation(newest, id).catch(() => undefined);
      if (conversation === undefined) continue;
      const { my: _, ...forAll } = conversation;
      const event = conversationUpdatedFor(userIds, forAll);
      for (const userId of userIds) send(userId, event);
    }
  }

  async function repairMessages(chunk: string, values: unknown[]): Promise<void> {
    for (const row of await db.query('repair_changed', CHANGED, values)) {
      const message = toMessage(row);
      if (!once(`changed ${chunk} ${message.id} ${message.version}`)) continue;
      const change = changedEntry(messageUpdated(message));
      conversations.changed(change);
      for (const member of row[MESSAGE_WIDTH] as string[]) {
        const [userId = '', joinedSeq] = member.split(' ');
        if (Number(joinedSeq) > message.seq) continue;
        for (const connection of connections.of(userId)) connection.changed(change);
      }
    }
  }

  async function repairReceipts(values: unknown[]): Promise<void> {
    for (const row of await db.query('repair_receipts', RECEIPTS, values)) {
      const [authorId, conversationId, userId, ...reached] = row as ReceiptRow;
      const [deliveredId, deliveredSeq, deliveredAt, readId, readSeq, readAt] = reached;
      const tell = (
        status: 'delivered' | 'read',
        messageId: string | null,
        seq: number,
        at: number,
      ): void => {
        if (messageId === null || !once(`${status} ${authorId} ${userId} ${messageId}`)) return;
        const data = { conversationId, messageId, seq, userId, status, timestamp: isoTime(at) };
        send(authorId, messageStatusUpdated(authorId, data));
      };
      tell('delivered', deliveredId, deliveredSeq, deliveredAt);
      tell('read', readId, readSeq, readAt);
    }
    const read = (await db.query('repair_read', READ, values)) as [string, string][];
    const pairs = read.map(([userId, conversationId]) => ({ userId, conversationId }));
    for (const one of await countUnread(db, pairs)) {
      const { userId, conversationId, unreadCount, readSeq } = one;
      if (!once(`unread ${userId} ${conversationId} ${readSeq} ${unreadCount}`)) continue;
      send(userId, unreadUpdated(one));
    }
  }

  async function repairRequests(users: string[], at: number): Promise<void> {
    for (const row of await db.query('repair_requests', REQUESTED, [users, at])) {
      const [userId, conversationId, version] = row as [string, string, number];
      if (!once(`requested ${userId} ${conversationId} ${version}`)) continue;
      send(userId, requestsChanged([userId], conversationId));
    }
  }

  return async (users, { at, pos }) => {
    const values = [users, at, pos];
    // The key includes the chunk, because the other chunks have not received these events.
    const chunk = users[0] ?? '';
    await repairMemberships(chunk, values);
    await repairMessages(chunk, values);
    await repairReceipts(values);
    await repairRequests(users, at);
  };
}

type ReceiptRow = [
  authorId: string,
  conversationId: string,
  userId: string,
  deliveredId: string | null,
  deliveredSeq: number,
  deliveredAt: number,
  readId: string | null,
  readSeq: number,
  readAt: number,
];
