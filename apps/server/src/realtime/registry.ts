import type { Connection } from './connection';

/** The connections of this node, by session. */
export interface ConnectionRegistry {
  add(connection: Connection): void;
  /** The connection has shown a token of one more session. */
  link(connection: Connection, sessionId: string): void;
  remove(connection: Connection): void;
  ofSession(sessionId: string): Connection[];
  sessionIds(): string[];
  size(): number;
}

export function createConnectionRegistry(): ConnectionRegistry {
  const bySession = new Map<string, Set<Connection>>();
  const all = new Set<Connection>();

  function link(connection: Connection, sessionId: string): void {
    connection.sessionIds.add(sessionId);
    const linked = bySession.get(sessionId);
    if (linked) linked.add(connection);
    else bySession.set(sessionId, new Set([connection]));
  }

  return {
    add(connection) {
      all.add(connection);
      for (const sessionId of connection.sessionIds) link(connection, sessionId);
    },
    link,
    remove(connection) {
      all.delete(connection);
      for (const sessionId of connection.sessionIds) {
        const linked = bySession.get(sessionId);
        linked?.delete(connection);
        if (linked?.size === 0) bySession.delete(sessionId);
      }
    },
    ofSession: (sessionId) => [...(bySession.get(sessionId) ?? [])],
    sessionIds: () => [...bySession.keys()],
    size: () => all.size,
  };
}
