import { isEventOf, type ServerEvent } from '@chasqui/protocol';
import { changedEntry } from '../cache/changedEntries';
import type { LocalConversation, LocalConversations } from '../cache/conversationCache';
import type { Locations } from '../cache/messageLocations';
import type { BacklogReader } from '../connection/backlog/backlogReader';
import { conversationRemoved, requestsChanged } from '../events/conversationEvents';
import type { Bus, Entry, NewEntries, Notification, TypingNotification } from '../ports/index';
import type { StoredSend, StoredSends } from '../send/send';
import { type Announce, announceBy } from './announce';
import type { LocalConnections } from './localConnections';
import type { TypingBoard } from './typing';

/**
 * Delivers what was committed: to the connections of this node first, whether or not the bus works (D11), and to the
 * other nodes as a notification.
 */
export interface FanOut extends Announce {
  /** Delivers the entries of a committed batch together with the replies to their sends. */
  stored(batch: readonly StoredSends[]): void;
  typing(typing: TypingNotification): void;
  /** Delivers on this node only: a notification of another node, or a result of reconciliation. */
  deliver(notification: Notification): void;
}

export function createFanOut(deps: {
  bus: Bus;
  conversations: LocalConversations;
  connections: LocalConnections;
  locations: Locations;
  typing: TypingBoard;
  backlogs: Pick<BacklogReader, 'recheckUsers'>;
}): FanOut {
  const { bus, conversations, connections } = deps;

  function deliverEntries(
    { conversationId, membersVersion, entries }: NewEntries,
    sends: readonly StoredSend[] = [],
  ): void {
    deps.locations.remember(conversationId, entries);
    const cached = conversations.cached(conversationId, membersVersion);
    if (cached !== undefined) {
      offer(cached, entries, sends);
      return;
    }
    // The members are being read. The senders' own connections do not depend on them.
    for (const { entry, message, reply } of sends) reply.stored(undefined, entry, message);
    conversations.with(conversationId, membersVersion, (conversation) =>
      offer(conversation, entries, []),
    );
  }

  function offer(
    conversation: LocalConversation,
    entries: readonly Entry[],
    sends: readonly StoredSend[],
  ): void {
    conversations.remember(conversation, entries);
    for (const { entry, message, reply } of sends) reply.stored(conversation, entry, message);
    connections.offer(conversation, entries);
    conversations.trim(conversation);
    notifyRequested(conversation);
  }

  /** A user who has not accepted a conversation receives none of it, but their list of requests shows it (R12). */
  function notifyRequested({ id, requestedId }: LocalConversation): void {
    if (requestedId !== null)
      connections.sendToUser(requestedId, requestsChanged([requestedId], id));
  }

  /**
   * Decided by the members at this version or later: a user who has been added again in the meantime is not
   * removed, which would take away the entries sent since (D9).
   */
  function deliverMembership(notification: Notification & { type: 'membership' }): void {
    const { conversationId, membersVersion, userIds, created } = notification;
    conversations.with(conversationId, membersVersion, ({ members }) => {
      for (const userId of userIds) {
        if (members.has(userId) !== (created !== null)) continue;
        if (created !== null) connections.sendToUser(userId, created);
        else leave(userId, conversationId);
      }
    });
  }

  function leave(userId: string, conversationId: string): void {
    const removed = conversationRemoved(userId, conversationId);
    for (const connection of connections.of(userId)) connection.leave(removed);
  }

  function deliverToMembers(event: ServerEvent, membersVersion: number): void {
    const { conversationId } = event;
    if (conversationId === null) return;
    const change = isEventOf(event, 'chat:message_updated') ? changedEntry(event) : undefined;
    if (change !== undefined) conversations.changed(change);
    conversations.with(conversationId, membersVersion, (conversation) => {
      if (change === undefined) connections.sendToMembers(conversation, event);
      else connections.sendChanged(conversation, change);
      notifyRequested(conversation);
    });
  }

  function deliverToUsers(event: ServerEvent): void {
    if (event.recipients.scope !== 'users') return;
    for (const userId of event.recipients.userIds) connections.sendToUser(userId, event);
  }

  function deliver(notification: Notification): void {
    switch (notification.type) {
      case 'entries':
        for (const entries of notification.batch) deliverEntries(entries);
        break;
      case 'conversation':
        deliverToMembers(notification.event, notification.membersVersion);
        break;
      case 'users':
        notification.events.forEach(deliverToUsers);
        break;
      case 'membership':
        deliverMembership(notification);
        break;
      case 'recheck':
        deps.backlogs.recheckUsers(notification.userIds);
        break;
      case 'typing':
        deps.typing.show(notification);
        break;
      case 'session-ended':
        // Handled by the server, which owns sessions.
        break;
      case 'topic-events':
        // Handled by packages/topics: no chat.
        break;
      default:
        notification satisfies never;
    }
  }

  function notify(notification: Notification): void {
    deliver(notification);
    bus.publish(notification);
  }

  return {
    ...announceBy(notify),
    stored(stored) {
      if (stored.length === 0) return;
      const batch = stored.map(({ conversationId, membersVersion, sends }) => {
        const entries = sends.map(({ entry }) => entry);
        const added = { conversationId, membersVersion, entries };
        deliverEntries(added, sends);
        return added;
      });
      bus.publish({ type: 'entries', batch });
    },
    typing: notify,
    deliver,
  };
}
