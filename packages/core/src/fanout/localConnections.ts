import type { ServerEvent } from '@chasqui/protocol';
import type { ChangedEntry } from '../cache/changedEntries';
import type { Connection } from '../connection/connection';
import type { LocalConversation } from '../cache/conversationCache';
import type { Entry } from '../ports/index';

/** The live connections of this node, by user. */
export interface LocalConnections {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  of(userId: string): Iterable<Connection>;
  has(userId: string): boolean;
  users(): IterableIterator<string>;
  all(): Iterable<Connection>;
  /** Offers entries to every local member whose membership covers them (D9). */
  offer(conversation: LocalConversation, entries: readonly Entry[]): void;
  /** Sends an event to its local recipients. */
  sendToMembers(conversation: LocalConversation, event: ServerEvent): void;
  sendToUser(userId: string, event: ServerEvent): void;
  /** Sends a changed entry to every local member whose membership covers it (D9). */
  sendChanged(conversation: LocalConversation, change: ChangedEntry): void;
  /** Gives the replies that have waited too long (R4). */
  replyOverdue(): void;
}

export function createLocalConnections(): LocalConnections {
  // Copied on every change, so that a connection may leave during an iteration.
  const byUser = new Map<string, readonly Connection[]>();

  /** Iterates over the smaller set: the members, or the users with a connection. */
  function* present({
    members,
  }: LocalConversation): Iterable<[connections: readonly Connection[], joinedSeq: number]> {
    if (members.size <= byUser.size) {
      for (const [userId, joinedSeq] of members) {
        const connections = byUser.get(userId);
        if (connections !== undefined) yield [connections, joinedSeq];
      }
    } else {
      for (const [userId, connections] of byUser) {
        const joinedSeq = members.get(userId);
        if (joinedSeq !== undefined) yield [connections, joinedSeq];
      }
    }
  }

  return {
    add(connection) {
      byUser.set(connection.userId, [...(byUser.get(connection.userId) ?? []), connection]);
    },
    remove({ userId, id }) {
      const rest = byUser.get(userId)?.filter((one) => one.id !== id) ?? [];
      if (rest.length > 0) byUser.set(userId, rest);
      else byUser.delete(userId);
    },
    of: (userId) => byUser.get(userId) ?? [],
    has: (userId) => byUser.has(userId),
    users: () => byUser.keys(),
    *all() {
      for (const connections of byUser.values()) yield* connections;
    },
    offer(conversation, entries) {
      for (const [connections, joinedSeq] of present(conversation)) {
        for (const connection of connections) {
          for (const entry of entries) {
            if (entry.seq >= joinedSeq) connection.offer(conversation, entry);
          }
        }
      }
    },
    sendToMembers(conversation, event) {
      const { seq, recipients } = event;
      const except = recipients.scope === 'members' ? recipients.except : undefined;
      for (const [connections, joinedSeq] of present(conversation)) {
        if (seq !== null && joinedSeq > seq) continue;
        for (const connection of connections) {
          if (connection.userId !== except) connection.send(event);
        }
      }
    },
    sendChanged(conversation, change) {
      for (const [connections, joinedSeq] of present(conversation)) {
        if (joinedSeq > change.seq) continue;
        for (const connection of connections) connection.changed(change);
      }
    },
    sendToUser(userId, event) {
      for (const connection of byUser.get(userId) ?? []) connection.send(event);
    },
    replyOverdue() {
      for (const connections of byUser.values()) {
        for (const connection of connections) {
          if (connection.hasPendingReplies()) connection.replyOverdue();
        }
      }
    },
  };
}
