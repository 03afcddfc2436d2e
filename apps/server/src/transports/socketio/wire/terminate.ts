import type { EngineSocket } from '../internals/engineIo';
import { wireOf } from './writeTogether';

/** Ends a transport and its TCP connection at once: an orderly close would wait for the other side. */
export function terminate(conn: EngineSocket): void {
  const wire = wireOf(conn);
  conn.close(true);
  // A polling transport that waits for a last poll ignores a second close.
  if (conn.readyState !== 'closed') conn.transport.emit('close');
  wire?.destroy();
}
