import type { ClientConnection } from './clientConnection';

/** The connections of this node, by session. */
export interface ConnectionRegistry {
  add(connection: ClientConnection): void;
  /** The connection has presented a token of one more session. */
  link(connection: ClientConnection, sessionId: string): void;
  /** The connection no longer depends on this session of it. */
  unlink(connection: ClientConnection, sessionId: string): void;
  remove(connection: ClientConnection): void;
  ofSession(sessionId: string): readonly ClientConnection[];
  sessionIds(): string[];
  size(): number;
}

export function createConnectionRegistry(): ConnectionRegistry {
  // Copied on every change, so that a connection may leave during an iteration.
  const bySession = new Map<string, readonly ClientConnection[]>();
  const all = new Set<ClientConnection>();

  function link(connection: ClientConnection, sessionId: string): void {
    if (!connection.sessionIds.includes(sessionId)) connection.sessionIds.push(sessionId);
    const linked = bySession.get(sessionId) ?? [];
    if (!linked.includes(connection)) bySession.set(sessionId, [...linked, connection]);
  }

  function removeFrom(sessionId: string, connection: ClientConnection): void {
    const rest = bySession.get(sessionId)?.filter((one) => one !== connection) ?? [];
    if (rest.length > 0) bySession.set(sessionId, rest);
    else bySession.delete(sessionId);
  }

  return {
    add(connection) {
      all.add(connection);
      for (const sessionId of connection.sessionIds) link(connection, sessionId);
    },
    link,
    unlink(connection, sessionId) {
      const index = connection.sessionIds.indexOf(sessionId);
      if (index >= 0) connection.sessionIds.splice(index, 1);
      removeFrom(sessionId, connection);
    },
    remove(connection) {
      all.delete(connection);
      for (const sessionId of connection.sessionIds) removeFrom(sessionId, connection);
    },
    ofSession: (sessionId) => bySession.get(sessionId) ?? [],
    sessionIds: () => [...bySession.keys()],
    size: () => all.size,
  };
}
