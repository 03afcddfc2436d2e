import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { until } from '../tools/until';

/** Seen from the client: what it asks, and what it is answered. */
export type Direction = 'requests' | 'answers';

/** A wire between clients and a server on loopback that can fail in the ways in which wires fail. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, in either direction, on old connections; new ones are not answered. */
  cut(): void;
  /** New connections pass again; what was cut stays cut, as after a lost route. */
  heal(): void;
  /**
   * Nothing passes in this direction until `release`; what comes meanwhile waits. With `after`, a
   * connection is held from the first request on that contains this text: that request passes, or is
   * the first that does not.
   */
  hold(direction: Direction, after?: string): void;
  /** Connections that are held at the moment, each with something that waits. */
  held(): number;
  /** What waits passes, and everything after it. */
  release(): void;
  /** Every piece takes so long. */
  delay(ms: number): void;
  /** At most so many bytes a second pass on each connection and direction; Infinity ends it. */
  throttle(bytesPerSecond: number): void;
  /** The server's goodbye: clients are told the end of what is answered, and may go on to ask. */
  halfClose(): void;
  /** Ends all connections, and what waits on them with it. New ones pass. */
  drop(): void;
  /** New connections go to another server on loopback, as an address does that follows the primary. */
  retarget(port: number): void;
  /** Connections from clients at the moment. */
  connections(): number;
  close(): Promise<void>;
}

interface Hold {
  direction: Direction;
  after: string | undefined;
}

interface Wire {
  readonly client: net.Socket;
  readonly server: net.Socket;
  isCut: boolean;
  /** The text has passed after which this connection is held. */
  isMarked: boolean;
  waiting: number;
}

/** Forwards to `firstPort`, until it is told otherwise. */
export async function startTcpProxy(firstPort: number): Promise<TcpProxy> {
  let targetPort = firstPort;
  const wires = new Set<Wire>();
  /** Connections that were made while the wire was cut: accepted by the kernel, never answered. */
  const unanswered = new Set<net.Socket>();
  let isCut = false;
  let holding: Hold | undefined;
  let delayMs = 0;
  let rate = Infinity;
  const waitingForChange = new Set<() => void>();
  const changed = (): Promise<void> => new Promise((resolve) => waitingForChange.add(resolve));
  const change = (): void => {
    for (const resolve of waitingForChange) resolve();
    waitingForChange.clear();
  };

  const isHeld = (wire: Wire, direction: Direction): boolean =>
    wire.isCut ||
    (holding?.direction === direction && (holding.after === undefined || wire.isMarked));

  async function carry(wire: Wire, direction: Direction): Promise<void> {
    const [from, to] =
      direction === 'requests' ? [wire.client, wire.server] : [wire.server, wire.client];
    for await (const piece of from.iterator({ destroyOnReturn: false })) {
      const bytes = piece as Buffer;
      if (direction === 'requests' && holding?.after !== undefined) {
        wire.isMarked ||= bytes.includes(holding.after);
      }
      if (delayMs > 0) await pause(delayMs);
      wire.waiting += 1;
      while (isHeld(wire, direction)) await changed();
      wire.waiting -= 1;
      await write(to, bytes);
    }
    while (isHeld(wire, direction)) await changed();
    to.end();
  }

  async function write(to: net.Socket, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const size = Math.max(1, Math.min(bytes.length - at, Math.floor(rate / 20)));
      const hasRoom = to.write(bytes.subarray(at, at + size));
      at += size;
      if (!hasRoom && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      if (Number.isFinite(rate)) await pause((size / rate) * 1_000);
    }
  }

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => undefined);
    if (isCut) {
      unanswered.add(client.pause());
      return;
    }
    const target = net.connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    target.setNoDelay(true);
    const wire: Wire = { client, server: target, isCut: false, isMarked: false, waiting: 0 };
    wires.add(wire);
    target.on('error', () => client.destroy());
    // A wire that is cut tells nobody of an end.
    client.on('close', () => wire.isCut || target.destroy());
    target.on('close', () => {
      wires.delete(wire);
      if (!wire.isCut) client.destroySoon();
    });
    for (const direction of ['requests', 'answers'] as const) {
      carry(wire, direction).catch(() => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    cut() {
      isCut = true;
      for (const wire of wires) wire.isCut = true;
    },
    heal() {
      isCut = false;
    },
    hold(direction, after) {
      holding = { direction, after };
      for (const wire of wires) wire.isMarked = false;
    },
    held: () => [...wires].filter((wire) => wire.waiting > 0).length,
    release() {
      holding = undefined;
      change();
    },
    delay: (ms) => void (delayMs = ms),
    throttle: (bytesPerSecond) => void (rate = bytesPerSecond),
    halfClose() {
      for (const { client } of wires) client.end();
    },
    drop() {
      // Not with resetAndDestroy: two that end each other at once would leave a handle open for ever.
      for (const { client, server: target } of wires) {
        client.destroy();
        target.destroy();
      }
    },
    retarget: (port) => void (targetPort = port),
    connections: () => wires.size,
    async close() {
      for (const { client, server: target } of wires) {
        client.destroy();
        target.destroy();
      }
      for (const socket of unanswered) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await until('the wires are gone', () => wires.size === 0);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
