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
import { isoTime } from '../messages/messageRows';
import { countUnread } from '../receipts/unread/unreadCounts';
import {
  alteredGroups,
  changedMessages,
  joinedMembers,
  movedReceipts,
  openRequests,
  readMemberships,
  removedMembers,
  type Since,
} from './statements';

const REMEMBERED = 20_000;

/** The parameters of the statements: users, time and position. */
type Values = [users: string[], at: number, pos: number];

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

  async function repairMemberships(chunk: string, values: Values): Promise<void> {
    for (const removed of await removedMembers.rows(db, ...values)) {
      const { userId, conversationId, pos, membersVersion } = removed;
      if (once(`removed ${userId} ${pos}`))
        sendMembership(conversationId, membersVersion, userId, null);
    }
    for (const joined of await joinedMembers.rows(db, ...values)) {
      const { userId, conversationId: id, joinedSeq, membersVersion } = joined;
      if (!once(`joined ${userId} ${id} ${joinedSeq}`)) continue;
      // The read fails for a user who has left in the meantime. The next poll sends them the removal.
      const conversation = await deps.readConversation(userId, id).catch(() => undefined);
      if (conversation !== undefined) sendMembership(id, membersVersion, userId, conversation);
    }
    for (const altered of await alteredGroups.rows(db, ...values)) {
      const { conversationId: id, version, userIds } = altered;
      const [newest = ''] = userIds;
      if (!once(`altered ${chunk} ${id} ${version}`)) continue;
      const conversation = await deps.readConversation(newest, id).catch(() => undefined);
      if (conversation === undefined) continue;
      const { my: _, ...forAll } = conversation;
      const event = conversationUpdatedFor(userIds, forAll);
      for (const userId of userIds) send(userId, event);
    }
  }

  async function repairMessages(chunk: string, values: Values): Promise<void> {
    for (const { message, members } of await changedMessages.rows(db, ...values)) {
      if (!once(`changed ${chunk} ${message.id} ${message.version}`)) continue;
      const change = changedEntry(messageUpdated(message));
      conversations.changed(change);
      for (const { userId, joinedSeq } of members) {
        if (joinedSeq > message.seq) continue;
        for (const connection of connections.of(userId)) connection.changed(change);
      }
    }
  }

  async function repairReceipts(values: Values): Promise<void> {
    for (const moved of await movedReceipts.rows(db, ...values)) {
      const { authorId, conversationId, userId } = moved;
      const sendStatus = (
        status: 'delivered' | 'read',
        messageId: string | null,
        seq: number | null,
        at: number | null,
      ): void => {
        if (messageId === null || seq === null || at === null) return;
        if (!once(`${status} ${authorId} ${userId} ${messageId}`)) return;
        const data = { conversationId, messageId, seq, userId, status, timestamp: isoTime(at) };
        send(authorId, messageStatusUpdated(authorId, data));
      };
      sendStatus('delivered', moved.deliveredId, moved.deliveredSeq, moved.deliveredAt);
      sendStatus('read', moved.readId, moved.readSeq, moved.readAt);
    }
    const pairs = await readMemberships.rows(db, ...values);
    for (const one of await countUnread(db, pairs)) {
      const { userId, conversationId, unreadCount, readSeq } = one;
      if (!once(`unread ${userId} ${conversationId} ${readSeq} ${unreadCount}`)) continue;
      send(userId, unreadUpdated(one));
    }
  }

  async function repairRequests(users: string[], at: number): Promise<void> {
    for (const { userId, conversationId, version } of await openRequests.rows(db, users, at)) {
      if (!once(`requested ${userId} ${conversationId} ${version}`)) continue;
      send(userId, requestsChanged([userId], conversationId));
    }
  }

  return async (users, { at, pos }) => {
    const values: Values = [users, at, pos];
    // The key includes the chunk, because the other chunks have not received these events.
    const chunk = users[0] ?? '';
    await repairMemberships(chunk, values);
    await repairMessages(chunk, values);
    await repairReceipts(values);
    await repairRequests(users, at);
  };
}
