import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** A handshake costs about half a millisecond: so many at once delay nobody noticeably. */
const AT_ONCE = 16;

type MayEnter = (request: IncomingMessage, socket: Duplex) => boolean;

/**
 * Lets a herd that reconnects at once in by a few per turn of the event loop (fault 28): whoever is
 * connected already would wait for all of their handshakes otherwise. To be called after the doors
 * have been hung into the server. Connections that are gone before their turn are passed over; `mayEnter` is asked when a
 * turn has come, and refuses by itself.
 */
export function admitByTurns(server: Server, mayEnter: MayEnter): void {
  const doors = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  let waiting: [request: IncomingMessage, socket: Duplex, head: Buffer][] = [];

  function turn(): void {
    const admitted = waiting.slice(0, AT_ONCE);
    waiting = waiting.slice(AT_ONCE);
    for (const upgrade of admitted) {
      if (upgrade[1].destroyed || !mayEnter(upgrade[0], upgrade[1])) continue;
      for (const door of doors) Reflect.apply(door, server, upgrade);
    }
    if (waiting.length > 0) setImmediate(turn);
  }

  server.on('upgrade', (request, socket, head) => {
    waiting.push([request, socket, head]);
    if (waiting.length === 1) setImmediate(turn);
  });
}
