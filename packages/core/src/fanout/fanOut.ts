import type { LocalConversation, LocalConversations } from '../cache/conversationCache';
import type { Locations } from '../cache/messageLocations';
import type { BacklogReader } from '../connection/backlog/backlogReader';
import type { Bus, Entry, NewEntries, Notification, TypingNotification } from '../ports/index';
import type { StoredSend, StoredSends } from '../send/send';
import { type Announce, announceBy } from './announce';
import { createDelivery, notifyRequested } from './deliverNotification';
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
    if (conversation.requestedId !== null) notifyRequested(connections, conversation);
  }

  const deliver = createDelivery({ ...deps, deliverEntries });

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
