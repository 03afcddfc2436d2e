import { type Database, guarded } from '@chasqui/db';
import type { Clock } from '@chasqui/foundation';
import { NotFoundError, type ServerEvent } from '@chasqui/protocol';
import type { FanOut } from '../../fanout/fanOut';
import type { LocalConnections } from '../../fanout/localConnections';
import type { LiveConnection } from './liveConnection';
import type { OpenConnection, OpenParams } from './openConnection';
import { forgetDevices, typingMembership } from './statements';

/** Live connections and events to them. Methods that return a promise throw UnavailableError if PostgreSQL does not answer. */
export interface Connections {
  /**
   * Registers the device (D4), reads the outline of its backlog and starts live delivery. Throws UnauthorizedError if
   * the session has ended.
   */
  open(params: OpenParams): Promise<LiveConnection>;
  /** Forgets the devices of a session after logout (D4). A second call does nothing. */
  forgetSessionDevices(userId: string, sessionId: string): Promise<void>;
  /** Sends the event to all live connections of the users it names, on every node; at most once, nothing is stored. */
  sendToUsers(event: ServerEvent): void;
  /**
   * Announces typing to the other members (D10); nothing is stored. It is not delivered in a barred conversation.
   * Throws NotFoundError unless the user is a participant (D9).
   */
  announceTyping(
    userId: string,
    username: string,
    conversationId: string,
    isTyping: boolean,
  ): Promise<void>;
  /** Users with a live connection on this node. */
  localUsers(): Iterable<string>;
}

export function createConnections(deps: {
  db: Database;
  clock: Clock;
  fanOut: FanOut;
  open: OpenConnection;
  local: LocalConnections;
}): Connections {
  const { db, clock, fanOut, open, local } = deps;
  return {
    open,
    async forgetSessionDevices(userId, sessionId) {
      await guarded(() => forgetDevices.run(db, userId, sessionId));
    },
    sendToUsers: (event) => fanOut.toUsers(event),
    async announceTyping(userId, username, conversationId, isTyping) {
      const membership = await guarded(() => typingMembership.row(db, conversationId, userId));
      if (membership === undefined) throw new NotFoundError();
      const { membersVersion, isBarred } = membership;
      if (isBarred) return;
      fanOut.typing({
        type: 'typing',
        conversationId,
        membersVersion,
        userId,
        username,
        isTyping,
        at: clock.now(),
      });
    },
    localUsers: () => local.users(),
  };
}
