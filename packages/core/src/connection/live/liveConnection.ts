import { newId } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import type { AckTarget } from '../../receipts/receipts';
import type { AnswerSend, SendRequest } from '../../send/send';
import type { Sender } from '../../send/sender';
import type { Connection } from '../connection';
import { type Backlogs, type FollowControl, followOn } from '../start/followControl';
import { type AcknowledgeDeps, createAcknowledge } from './acknowledge';

/** One device's connection to this node, opened by `connections.open`. */
export interface LiveConnection extends FollowControl {
  readonly deviceId: string;
  /** Sends `session:ready`, and starts the backlog after it, which ends with `chat:queue_empty`. */
  start(ready: ServerEvent<'session:ready'>): void;
  /**
   * Sends a message. Calls `answer` exactly once, with the message at its place in seq order (D3) or with the
   * error. Never throws.
   */
  send(request: SendRequest, answer: AnswerSend): void;
  /** Resolves after the commit. Throws ValidationError, NotFoundError, UnavailableError. */
  acknowledge(target: AckTarget, status: 'delivered' | 'read'): Promise<void>;
  /** Removes the connection. A second call does nothing. */
  close(): void;
}

export interface LiveConnectionDeps extends AcknowledgeDeps {
  backlogs: Backlogs;
  sender: Sender;
  /** The user's last connection on this node was closed. */
  onLeft: (userId: string) => void;
}

/** Passes on what the clients of this node send and acknowledge. */
export function createLiveConnection(
  deps: LiveConnectionDeps,
): (connection: Connection, deviceId: string) => LiveConnection {
  const { connections, sender } = deps;
  const acknowledge = createAcknowledge(deps);
  return (connection, deviceId) => ({
    deviceId,
    start(ready) {
      connection.send(ready);
      connection.start();
    },
    ...followOn(connection, deps.backlogs),
    send(request, answer) {
      const id = newId();
      sender.send(id, request, connection.beginSend(id, request.conversationId, answer));
    },
    acknowledge: (target, status) => acknowledge({ connection, target, status }),
    close() {
      // Several listeners report the end of a connection.
      if (connection.isClosed()) return;
      connections.remove(connection);
      connection.close();
      if (!connections.has(connection.userId)) deps.onLeft(connection.userId);
    },
  });
}
