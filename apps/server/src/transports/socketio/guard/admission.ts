import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** A handshake takes about half a millisecond, so this many in one turn cause no noticeable delay. */
const PER_TURN = 16;

type MayEnter = (request: IncomingMessage, socket: Duplex) => boolean;

/**
 * Admits reconnecting clients a few per event-loop turn (fault 28), so that connected clients do not wait for all of
 * their handshakes. Call after the upgrade listeners are attached. Skips connections that have closed in the meantime.
 * `mayEnter` is called when a request's turn comes; it answers the requests that it refuses.
 */
export function admitByTurns(server: Server, mayEnter: MayEnter): void {
  const listeners = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  let waiting: [request: IncomingMessage, socket: Duplex, head: Buffer][] = [];

  function admitSome(): void {
    const admitted = waiting.slice(0, PER_TURN);
    waiting = waiting.slice(PER_TURN);
    for (const upgrade of admitted) {
      if (upgrade[1].destroyed || !mayEnter(upgrade[0], upgrade[1])) continue;
      for (const listener of listeners) Reflect.apply(listener, server, upgrade);
    }
    if (waiting.length > 0) setImmediate(admitSome);
  }

  server.on('upgrade', (request, socket, head) => {
    waiting.push([request, socket, head]);
    if (waiting.length === 1) setImmediate(admitSome);
  });
}
