import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import { boundBodies, type EngineSocket, unboundBodies } from '../internals/engineIo';
import { HANDSHAKE_FRAME_BYTES } from './boundedWebSockets';

/** Packets in one body before the handshake is accepted: a handshake needs one. */
const HANDSHAKE_PACKETS = 8;
const SEPARATOR = '\u001e';

/** Limits the bodies of a polling session before its handshake is accepted. Does nothing to a WebSocket. */
export function boundPolling(conn: EngineSocket): void {
  if (conn.transport.name !== 'polling') return;
  boundBodies(conn, {
    maxBytes: HANDSHAKE_FRAME_BYTES,
    // Engine.IO would create an object per packet before they can be counted.
    accepts: (body) => packetsOf(body) <= HANDSHAKE_PACKETS,
  });
}

/** Removes the limits of `boundPolling`. Call when the handshake is accepted. */
export function liftPolling(conn: EngineSocket): void {
  unboundBodies(conn, MAX_FRAME_BYTES);
}

/** Counts the packets of a body, up to just above the limit. */
function packetsOf(body: string): number {
  let packets = 1;
  let at = body.indexOf(SEPARATOR);
  while (at !== -1 && packets <= HANDSHAKE_PACKETS) {
    packets += 1;
    at = body.indexOf(SEPARATOR, at + 1);
  }
  return packets;
}
