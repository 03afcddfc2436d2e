import type { RequestsChanged } from '@chasqui/protocol';
import type { Announce } from './announce';
import { announceBy } from './announceBy';
import { changedEntry } from '../cache/changedEntries';
import type { LocalConnections } from './localConnections';
import type { LocalConversation, LocalConversations } from '../cache/conversationCache';
import type { Bus, EntryHint, Hint } from '../ports/index';
import type { TypingBoard, TypingHint } from './typing';

/** Where hints of this node and of the others arrive, and where this node's own set out. */
export interface Hub extends Announce {
  /** Several conversations at once: one hint for the whole batch. */
  entriesOf(
    batch: { conversationId: string; membersVersion: number; entries: EntryHint[] }[],
  ): void;
  events(events: { userIds: string[]; event: string; json: string }[]): void;
  typing(hint: TypingHint): void;
  /** A hint of another node, or what was looked up here and is nobody else's business. */
  hear(hint: Hint): void;
}

export function createHub(deps: {
  bus: Bus;
  conversations: LocalConversations;
  connections: LocalConnections;
  typing: TypingBoard;
  recheckUsers: (userIds: string[]) => void;
}): Hub {
  const { bus, conversations, connections } = deps;

  function deliver(conversationId: string, membersVersion: number, entries: EntryHint[]): void {
    conversations.with(conversationId, membersVersion, (conversation) => {
      conversations.remember(conversation, entries);
      connections.offer(conversation, entries);
      conversations.trim(conversation);
      tellAsked(conversation);
    });
  }

  /** Somebody who has not accepted a conversation gets nothing of it, but their list of requests shows it. */
  function tellAsked({ id, requestedId }: LocalConversation): void {
    if (requestedId === null) return;
    const event: RequestsChanged = { conversationId: id };
    connections.emitToUser(requestedId, 'requests:changed', JSON.stringify(event));
  }

  /**
   * Judged by the members as they are at this version or a later one: who has been added again meanwhile
   * is not told of the removal, which would take from them what they were sent since (D9).
   */
  function tellMembership(hint: Hint & { type: 'membership' }): void {
    const { conversationId, membersVersion, userIds, joined } = hint;
    conversations.with(conversationId, membersVersion, ({ members }) => {
      for (const userId of userIds) {
        if (members.has(userId) !== (joined !== null)) continue;
        if (joined !== null) connections.emitToUser(userId, 'conversation:created', joined);
        else leave(userId, conversationId);
      }
    });
  }

  function tellChanged({
    conversationId,
    membersVersion,
    json,
  }: Hint & { type: 'conversation' }): void {
    const change = changedEntry(json);
    conversations.changed(change);
    conversations.with(conversationId, membersVersion, (conversation) => {
      connections.tellChanged(conversation, change);
      tellAsked(conversation);
    });
  }

  function leave(userId: string, conversationId: string): void {
    connections.emitToUser(userId, 'conversation:removed', JSON.stringify({ conversationId }));
    for (const connection of connections.of(userId)) connection.forget(conversationId);
  }

  function hear(hint: Hint): void {
    switch (hint.type) {
      case 'entries':
        for (const one of hint.batch) deliver(one.conversationId, one.membersVersion, one.entries);
        break;
      case 'conversation':
        if (hint.event === 'chat:message_updated') tellChanged(hint);
        else {
          conversations.with(hint.conversationId, hint.membersVersion, (conversation) => {
            connections.emitToMembers(conversation, hint.event, hint.json, hint.seq, hint.except);
            tellAsked(conversation);
          });
        }
        break;
      case 'users':
        for (const { userIds, event, json } of hint.events) {
          for (const userId of userIds) connections.emitToUser(userId, event, json);
        }
        break;
      case 'membership':
        tellMembership(hint);
        break;
      case 'recheck':
        deps.recheckUsers(hint.userIds);
        break;
      case 'typing':
        deps.typing.show(hint);
        break;
      case 'presence':
      case 'session-ended':
        // The server's own.
        break;
      default:
        hint satisfies never;
    }
  }

  /** Here first: whoever is on this node gets it whether or not the bus works (D11). */
  function tell(hint: Hint): void {
    hear(hint);
    bus.publish(hint);
  }

  return {
    ...announceBy(tell),
    hear,
    entriesOf: (batch) => {
      if (batch.length > 0) tell({ type: 'entries', batch });
    },
    events: (events) => {
      if (events.length > 0) tell({ type: 'users', events });
    },
    typing: tell,
  };
}
