import { isEventOf, type ServerEvent } from '@chasqui/protocol';
import { changedEntry } from '../cache/changedEntries';
import type { LocalConversation, LocalConversations } from '../cache/conversationCache';
import type { BacklogReader } from '../connection/backlog/backlogReader';
import { conversationRemoved, requestsChanged } from '../events/conversationEvents';
import type { NewEntries, Notification } from '../ports/index';
import type { LocalConnections } from './localConnections';
import type { TypingBoard } from './typing';

/** Delivers a notification to the connections of this node. */
export function createDelivery(deps: {
  conversations: LocalConversations;
  connections: LocalConnections;
  typing: TypingBoard;
  backlogs: Pick<BacklogReader, 'recheckUsers'>;
  deliverEntries: (entries: NewEntries) => void;
}): (notification: Notification) => void {
  const { conversations, connections } = deps;

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
      notifyRequested(connections, conversation);
    });
  }

  function deliverToUsers(event: ServerEvent): void {
    if (event.recipients.scope !== 'users') return;
    for (const userId of event.recipients.userIds) connections.sendToUser(userId, event);
  }

  return function deliver(notification) {
    switch (notification.type) {
      case 'entries':
        for (const entries of notification.batch) deps.deliverEntries(entries);
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
      case 'relay':
        // Handled by the transport that sent it.
        break;
      default:
        notification satisfies never;
    }
  };
}

/** A user who has not accepted a conversation receives none of it, but their list of requests shows it (R12). */
export function notifyRequested(
  connections: Pick<LocalConnections, 'sendToUser'>,
  { id, requestedId }: LocalConversation,
): void {
  if (requestedId !== null) connections.sendToUser(requestedId, requestsChanged([requestedId], id));
}
