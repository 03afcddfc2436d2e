import type { Transport } from '@chasqui/core/ports';
import type { ServerEvent } from '@chasqui/protocol';

/**
 * Keeps `session:ready` the first event of a connection: the core may have events for it before the client's handshake
 * is answered. They are held back and follow it. `onSend` is called for each event that is sent.
 */
export function readyFirst(transport: Transport, onSend: (event: ServerEvent) => void): Transport {
  let held: ServerEvent[] | undefined = [];

  function pass(event: ServerEvent): void {
    onSend(event);
    transport.send(event);
  }

  return {
    id: transport.id,
    capabilities: transport.capabilities,
    send(event) {
      if (held === undefined) pass(event);
      else if (event.name === 'session:ready') {
        const rest = held;
        held = undefined;
        pass(event);
        rest.forEach(pass);
      } else held.push(event);
    },
    beforeFlush: (callback) => transport.beforeFlush(callback),
    writable: () => transport.writable(),
    whenWritable: (callback) => transport.whenWritable(callback),
    close: (reason) => transport.close(reason),
  };
}
