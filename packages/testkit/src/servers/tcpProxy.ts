import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { until } from '../tools/until';

/** Client to server (`requests`), or server to client (`answers`). */
export type Direction = 'requests' | 'answers';

/** A proxy between clients and a server on loopback that simulates network failures. */
export interface TcpProxy {
  readonly port: number;
  /** Silently stops all traffic on existing connections; new ones are never answered. */
  cut(): void;
  /** New connections work again; cut connections stay dead, as after a lost route. */
  heal(): void;
  /**
   * Holds back all data in this direction until `release`. With `after`, a connection is held from the first
   * request that contains this text: with direction `requests` that request is held, too.
   */
  hold(direction: Direction, after?: string): void;
  /** Number of connections with data held back. */
  held(): number;
  /** Ends `hold`: passes the data held back and everything after it. */
  release(): void;
  /** Delays every chunk. */
  delay(ms: number): void;
  /** Limits each connection and direction to this rate; Infinity removes the limit. */
  throttle(bytesPerSecond: number): void;
  /** Ends the server-to-client direction; clients may continue to send. */
  halfClose(): void;
  /** Closes all connections and discards held data. New ones work. */
  drop(): void;
  /** Directs new connections to another port on loopback, like an address that follows the primary. */
  retarget(port: number): void;
  /** Number of open client connections. */
  connections(): number;
  close(): Promise<void>;
}

interface Hold {
  direction: Direction;
  after: string | undefined;
}

interface ProxiedConnection {
  readonly client: net.Socket;
  readonly server: net.Socket;
  isCut: boolean;
  /** The text of `hold` has passed, so this connection is held. */
  isMarked: boolean;
  waiting: number;
}

/** Forwards to `firstPort` until `retarget`. */
export async function startTcpProxy(firstPort: number): Promise<TcpProxy> {
  let targetPort = firstPort;
  const wires = new Set<ProxiedConnection>();
  /** Connections opened during a cut: accepted by the kernel, never answered. */
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

  const isHeld = (wire: ProxiedConnection, direction: Direction): boolean =>
    wire.isCut ||
    (holding?.direction === direction && (holding.after === undefined || wire.isMarked));

  async function carry(wire: ProxiedConnection, direction: Direction): Promise<void> {
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
    const wire: ProxiedConnection = {
      client,
      server: target,
      isCut: false,
      isMarked: false,
      waiting: 0,
    };
    wires.add(wire);
    target.on('error', () => client.destroy());
    // After a cut neither side learns that the other one has closed.
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
      // Not resetAndDestroy: two sockets that reset each other at the same time leave an open handle.
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
      await until('all proxied connections are closed', () => wires.size === 0);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
