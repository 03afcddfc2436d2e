import type { ChangedEntry } from '../cache/changedEntries';
import type { Connection } from '../connection/connection';
import type { LocalConversation } from '../cache/conversationCache';
import type { EntryHint } from '../ports/index';

/** The live connections of this node, by user. */
export interface LocalConnections {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  of(userId: string): Iterable<Connection>;
  has(userId: string): boolean;
  users(): IterableIterator<string>;
  all(): Iterable<Connection>;
  /** Offers entries to every local member whose membership covers them (D9). */
  offer(conversation: LocalConversation, entries: EntryHint[]): void;
  /** Emits to every local member who joined at `seq` or before; 0 is everybody. */
  emitToMembers(
    conversation: LocalConversation,
    event: string,
    json: string,
    seq: number,
    except?: string,
  ): void;
  emitToUser(userId: string, event: string, json: string): void;
  /** Tells every local member whose membership covers the entry that it was changed (D9). */
  tellChanged(conversation: LocalConversation, change: ChangedEntry): void;
}

export function createLocalConnections(): LocalConnections {
  // Copied with every change, so that who walks one may lose a connection on the way.
  const byUser = new Map<string, readonly Connection[]>();

  /** Walks whichever is smaller: the members, or the users who are here. */
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
    remove({ userId, outlet }) {
      const rest = byUser.get(userId)?.filter((one) => one.outlet !== outlet) ?? [];
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
    emitToMembers(conversation, event, json, seq, except) {
      for (const [connections, joinedSeq] of present(conversation)) {
        if (seq !== 0 && joinedSeq > seq) continue;
        for (const connection of connections) {
          if (connection.userId !== except) connection.outlet.emit(event, json);
        }
      }
    },
    tellChanged(conversation, change) {
      for (const [connections, joinedSeq] of present(conversation)) {
        if (joinedSeq > change.seq) continue;
        for (const connection of connections) connection.changed(change);
      }
    },
    emitToUser(userId, event, json) {
      for (const connection of byUser.get(userId) ?? []) connection.outlet.emit(event, json);
    },
  };
}
