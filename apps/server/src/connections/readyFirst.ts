import type { Transport } from '@chasqui/core/ports';
import type { ServerEvent } from '@chasqui/protocol';

export interface ReadyFirst {
  /** For the core: holds events back until `ready`. */
  readonly transport: Transport;
  /** Sends this event, then the ones held back; from now on events pass through. */
  ready(event: ServerEvent): void;
}

/**
 * Keeps `session:ready` the first event of a connection: the core may have events for it before the client's handshake
 * is answered. `onSend` is called for each event that is sent.
 */
export function readyFirst(transport: Transport, onSend: (event: ServerEvent) => void): ReadyFirst {
  const held: ServerEvent[] = [];
  let isReady = false;

  function send(event: ServerEvent): void {
    if (!isReady) {
      held.push(event);
      return;
    }
    onSend(event);
    transport.send(event);
  }

  return {
    transport: {
      id: transport.id,
      capabilities: transport.capabilities,
      send,
      beforeFlush: (callback) => transport.beforeFlush(callback),
      writable: () => transport.writable(),
      whenWritable: (callback) => transport.whenWritable(callback),
      close: (reason) => transport.close(reason),
    },
    ready(event) {
      isReady = true;
      send(event);
      for (const one of held.splice(0)) send(one);
    },
  };
}
